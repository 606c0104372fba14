using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tickets.Local.Processes;

/// <summary>A server that ends when this process does, whichever way this process ends: see <c>guard.mjs</c>.</summary>
internal sealed class GuardedProcess : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    // Paths stay readable in the guard's command line, where LeftoverProcesses looks for them.
    private static readonly JsonSerializerOptions SpecJson = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Process _guard;
    private readonly ProcessSpec _spec;
    private readonly long _logStart;
    private readonly TaskCompletionSource<int> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private GuardedProcess(ProcessSpec spec)
    {
        _spec = spec;
        _logStart = File.Exists(spec.LogFile) ? new FileInfo(spec.LogFile).Length : 0;
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add(Repository.PathTo("infra", "local", "Processes", "guard.mjs"));
        start.ArgumentList.Add(JsonSerializer.Serialize(new
        {
            name = spec.Name,
            command = spec.Command,
            args = spec.Arguments,
            cwd = spec.WorkingDirectory,
            uid = spec.Account?.UserId,
            gid = spec.Account?.GroupId,
            log = spec.LogFile,
            pidFile = spec.PidFile,
            stopSignal = spec.StopSignal,
            graceMs = (int)Grace.TotalMilliseconds,
        }, SpecJson));
        foreach (var (name, value) in spec.Environment)
            start.Environment[name] = value;

        _guard = new Process { StartInfo = start };
        Tool.Start(_guard);
        _ = ListenAsync();
    }

    public int Pid { get; private set; }

    /// <summary>Completes when the server has ended, with its exit code or the signal that ended it.</summary>
    public Task<string> Exited => _exited.Task;

    public bool HasExited => _exited.Task.IsCompleted;

    /// <exception cref="LocalStackException">The server could not be started at all.</exception>
    public static async Task<GuardedProcess> StartAsync(ProcessSpec spec, CancellationToken cancellationToken)
    {
        var process = new GuardedProcess(spec);
        try
        {
            process.Pid = await process._started.Task.WaitAsync(cancellationToken);
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Polls until the server is ready.</summary>
    /// <exception cref="StartFailedException">It ended, or was not ready in time.</exception>
    public async Task WaitUntilReadyAsync(Func<CancellationToken, Task<bool>> isReady, TimeSpan limit, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        while (!await isReady(cancellationToken))
        {
            if (HasExited) throw StartFailed($"ended while starting ({await Exited})");
            if (waited.Elapsed > limit) throw StartFailed($"was not ready after {limit.TotalSeconds:0} s");
            await Task.WhenAny(Exited, Task.Delay(50, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }

        // Something else that listens on the port may have answered in its place.
        if (HasExited) throw StartFailed($"ended while starting ({await Exited})");
    }

    /// <summary>What the server has written since it was started.</summary>
    public string ReadLog()
    {
        using var file = new FileStream(_spec.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(_logStart, SeekOrigin.Begin);
        return new StreamReader(file).ReadToEnd();
    }

    /// <summary>Sends a signal and waits for the end; after <paramref name="limit"/> SIGKILL follows.</summary>
    public async Task StopAsync(string signal, TimeSpan limit)
    {
        await SendAsync(signal);
        if (await Task.WhenAny(Exited, Task.Delay(limit)) != Exited)
            await SendAsync("SIGKILL");
        await Exited;
    }

    public async ValueTask DisposeAsync()
    {
        _guard.StandardInput.Close();
        await Exited;
        await _guard.WaitForExitAsync();
        _guard.Dispose();
    }

    private async Task SendAsync(string signal)
    {
        if (HasExited) return;
        try
        {
            // Past the writer's buffer, which would keep what could not be written and try again when it is closed.
            await _guard.StandardInput.BaseStream.WriteAsync(Encoding.ASCII.GetBytes(signal + "\n"));
        }
        catch (IOException)
        {
            // The guard is gone because the server ended at the same moment, which is what the signal was for.
            await Exited;
        }
    }

    private async Task ListenAsync()
    {
        while (await _guard.StandardOutput.ReadLineAsync() is { } line)
        {
            var (word, rest) = line.IndexOf(' ') is > 0 and var at ? (line[..at], line[(at + 1)..]) : (line, "");
            if (word == "pid") _started.TrySetResult(int.Parse(rest));
            if (word == "failed") _started.TrySetException(new LocalStackException($"{_spec.Name} cannot be started: {rest}"));
            if (word == "exit") _exited.TrySetResult(int.TryParse(rest, out _) ? $"exit code {rest}" : rest);
        }

        _started.TrySetException(new LocalStackException($"The guard of {_spec.Name} ended before it had started anything."));
        _exited.TrySetResult("it never ran, or its guard was killed");
    }

    private StartFailedException StartFailed(string what) => new(_spec.Name, what, _spec.LogFile, ReadLog());
}
