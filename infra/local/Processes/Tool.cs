using System.ComponentModel;
using System.Diagnostics;

namespace Tickets.Local.Processes;

/// <summary>Runs a program to its end.</summary>
internal static class Tool
{
    private const int QuotedLines = 30;

    /// <exception cref="LocalStackException">The program is missing or failed; the message holds its last lines.</exception>
    public static async Task RunAsync(string program, IReadOnlyList<string> arguments, string folder, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        void Take(string? line)
        {
            if (line is null) return;
            lock (lines) lines.Add(line);
        }

        using var process = new Process
        {
            StartInfo = new(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false },
        };
        process.OutputDataReceived += (_, e) => Take(e.Data);
        process.ErrorDataReceived += (_, e) => Take(e.Data);
        Start(process);
        try
        {
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            await process.WaitForExitAsync(cancellationToken);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }

        if (process.ExitCode != 0)
            throw new LocalStackException($"`{program} {string.Join(' ', arguments)}` in {folder} ended with exit code {process.ExitCode}:\n{string.Join('\n', lines.TakeLast(QuotedLines).Select(line => "  " + line))}");
    }

    /// <exception cref="LocalStackException">There is no such program.</exception>
    public static void Start(Process process)
    {
        var program = process.StartInfo.FileName;
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            var hint = program is "node" or "npm" ? " The local stack needs Node.js 20 or newer, with npm, on the PATH." : "";
            throw new LocalStackException($"{program} cannot be started: {e.Message}.{hint}");
        }
    }
}
