using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Tickets.Local;

namespace Tickets.Tests.Local;

/// <summary>The stack's program, run as a newcomer runs it, on a data folder of its own.</summary>
internal sealed class StackProgram : IAsyncDisposable
{
    // Not the copy beside the tests, which lacks the libraries that they get from elsewhere.
    private static readonly string Program = Repository.PathTo(
        "infra", "local", "bin", typeof(StackProgram).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration, $"net{Environment.Version.Major}.0", "Tickets.Local");

    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private StackProgram(string data, string command, string? storage, string[] launcher, string? postgres = null)
    {
        // As a terminal starts it: what runs in the background of a script has Ctrl-C ignored, and hands that down.
        string[] line = ["env", "--default-signal=INT", .. launcher, Program, command, "--data", data, "--app", Path.Combine(TestFiles.Folder, "stand-in-app.mjs")];
        Data = data;
        _process = new Process
        {
            StartInfo = new(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false },
        };
        _process.StartInfo.Environment[LocalStackOptions.PostgresVariable] = postgres;
        _process.StartInfo.Environment[LocalStackOptions.StorageVariable] = storage;
        _process.OutputDataReceived += (_, e) => Take(e.Data);
        _process.ErrorDataReceived += (_, e) => Take(e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Data { get; }

    public int Pid => _process.Id;

    public string Output => string.Join('\n', _output);

    /// <summary>The servers and their guards, as the program recorded them.</summary>
    public int[] ChildPids => [.. Directory.EnumerateFiles(Path.Combine(Data, "run")).SelectMany(Pids)];

    /// <param name="launcher">A command that runs the program, such as one that changes the user first.</param>
    public static Task<StackProgram> UpAsync(string data, params string[] launcher) => ServingAsync(new StackProgram(data, "up", storage: null, launcher));

    /// <summary>Starts faster, for tests that are not about storage.</summary>
    public static Task<StackProgram> UpWithoutAzuriteAsync(string data) => ServingAsync(new StackProgram(data, "up", storage: "UseDevelopmentStorage=true", []));

    /// <summary>On servers that run already, named in the environment.</summary>
    public static Task<StackProgram> UpOnAsync(string data, string postgres, string? storage) => ServingAsync(new StackProgram(data, "up", storage, [], postgres));

    public static async Task<(int ExitCode, string Output)> RunAsync(string data, string command, string? storage = null)
    {
        await using var program = new StackProgram(data, command, storage, []);
        return (await program.WaitForExitAsync(), program.Output);
    }

    public async Task<int> WaitForExitAsync()
    {
        // Ends with the output, which a guard that stays behind would keep open.
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(ExitLimit, TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public Task SignalAsync(string signal) => Process.Start("sh", ["-c", $"kill -{signal} {Pid}"]).WaitForExitAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await SignalAsync("TERM");
        await _process.WaitForExitAsync().WaitAsync(ExitLimit);
        _process.Dispose();
    }

    private static async Task<StackProgram> ServingAsync(StackProgram program)
    {
        var ended = program._process.WaitForExitAsync(TestContext.Current.CancellationToken);
        if (await Task.WhenAny(program._serving.Task, ended) == ended) Assert.Fail($"It ended instead of serving:\n{program.Output}");
        return program;
    }

    private void Take(string? line)
    {
        if (line is null) return;
        _output.Enqueue(line);
        if (line.StartsWith("Serving", StringComparison.Ordinal)) _serving.TrySetResult();
    }

    private static int[] Pids(string file)
    {
        using var pids = JsonDocument.Parse(File.ReadAllText(file));
        return [pids.RootElement.GetProperty("guard").GetInt32(), pids.RootElement.GetProperty("server").GetInt32()];
    }
}
