using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using Tickets.Bench.Report;

namespace Tickets.Bench.Orchestration;

/// <summary>DBOS on the same PostgreSQL: workloads A (two trivial steps) and B (receive a message, then sleep for 50 ms). Installed from npm on first use.</summary>
internal static class DbosPeer
{
    private const string Package = "@dbos-inc/dbos-sdk@5.3.0";

    private static readonly string Folder = Path.Combine(ChartFile.Checkout(), ".local", "bench-dbos");

    /// <returns>Null when it cannot be installed or run here; the reason is told.</returns>
    public static async Task<string?> PrepareAsync(Action<string> progress)
    {
        if (Directory.Exists(Path.Combine(Folder, "node_modules", "@dbos-inc", "dbos-sdk")))
            return null;
        progress("installing DBOS from npm (first use only)");
        Directory.CreateDirectory(Folder);
        await File.WriteAllTextAsync(Path.Combine(Folder, "package.json"), """{"private": true}""");
        var (exit, text) = await RunAsync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", Package], []);
        return exit == 0 ? null : text;
    }

    /// <param name="mode"><c>steps</c> or <c>msg</c>.</param>
    /// <returns>Workflows a second, and the median time of one in milliseconds.</returns>
    public static async Task<(double PerSecond, double Median)> RunAsync(NpgsqlConnectionStringBuilder server, string mode, int inFlight, int count)
    {
        var url = $"postgresql://{server.Username}{(string.IsNullOrEmpty(server.Password) ? "" : ":" + Uri.EscapeDataString(server.Password))}@{server.Host}:{server.Port}/dbos_{Guid.CreateVersion7():n}";
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Orchestration", "dbos.cjs"), Path.Combine(Folder, "dbos.cjs"), overwrite: true);
        var (exit, text) = await RunAsync("node", ["dbos.cjs", mode, Text(inFlight), Text(count)], new() { ["DBOS_BENCH_URL"] = url });
        var line = text.Split('\n').LastOrDefault(one => one.StartsWith('{'));
        if (exit != 0 || line is null)
            throw new BenchException($"DBOS failed: {text}");
        using var told = JsonDocument.Parse(line);
        return (told.RootElement.GetProperty("per_second").GetDouble(), told.RootElement.GetProperty("p50").GetDouble());
    }

    private static async Task<(int Exit, string Text)> RunAsync(string program, IEnumerable<string> arguments, Dictionary<string, string> environment)
    {
        using var process = new Process { StartInfo = new(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true } };
        foreach (var (name, value) in environment)
            process.StartInfo.Environment[name] = value;
        process.Start();
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await error);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
