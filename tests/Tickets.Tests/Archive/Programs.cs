using System.Diagnostics;

namespace Tickets.Tests.Archive;

/// <summary>Programs that tests run beside themselves.</summary>
internal static class Programs
{
    /// <summary>Runs to the end and answers what it printed; fails the test when it failed or complained.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(Silent(program, arguments))!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors}{output}");
        return output.Trim();
    }

    private static ProcessStartInfo Silent(string program, string[] arguments) =>
        new(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
}
