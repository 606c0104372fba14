using System.Diagnostics;
using System.Text.Json;

namespace Tickets.Local.Processes;

/// <summary>Guards of an earlier stack that was killed may still be stopping its servers, which use the same data.</summary>
internal static class LeftoverProcesses
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <param name="pidDirectory">Where the guards keep their pid files.</param>
    public static async Task WaitUntilGoneAsync(string pidDirectory, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        foreach (var pidFile in Directory.EnumerateFiles(pidDirectory, "*.pid").ToList())
        {
            while (IsGuarded(pidFile))
            {
                if (waited.Elapsed > Limit)
                    throw new LocalStackException($"A server of an earlier stack is still running: see {pidFile}. Stop it first.");
                await Task.Delay(50, cancellationToken);
            }

            File.Delete(pidFile);
        }
    }

    public static bool AnyIn(string pidDirectory) =>
        Directory.Exists(pidDirectory) && Directory.EnumerateFiles(pidDirectory, "*.pid").Any(IsGuarded);

    private static bool IsGuarded(string pidFile)
    {
        try
        {
            using var pids = JsonDocument.Parse(File.ReadAllText(pidFile));
            var guard = pids.RootElement.GetProperty("guard").GetInt32();
            // Pids are reused, above all after a restart of the machine: only a guard has this file in its command line.
            return File.ReadAllText($"/proc/{guard}/cmdline").Contains(pidFile, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return false;
        }
    }
}
