using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace Tickets.Bench.Hot.Floor;

/// <summary>The distribution's <c>pgbench</c>: one prepared statement in one round trip, closed loop.</summary>
internal static partial class PgBench
{
    private const string Missing = "pgbench is not installed. On Debian and Ubuntu: apt-get install postgresql-contrib (or the postgresql-client of the release that carries it).";

    /// <exception cref="BenchException">It is missing.</exception>
    public static async Task CheckAsync() => await RunAsync(["--version"], environment: []);

    /// <returns>Transactions a second.</returns>
    public static async Task<double> RunAsync(NpgsqlConnectionStringBuilder database, FloorScript script, int clients, TimeSpan duration, long tickets)
    {
        List<string> arguments =
        [
            "-n", "-M", "prepared", "-c", Text(clients), "-j", "2", "-T", Text((int)duration.TotalSeconds), "-f", Payloads.PathTo(script.File),
            "-D", $"tickets={tickets}", "-D", $"keys={tickets / 5}", "-D", $"meta={Payloads.Meta}", "-D", $"op={Payloads.Op}",
        ];
        if (script.TicketsEach > 1)
            arguments.AddRange("-D", $"metas={ArrayOf(Payloads.Meta, script.TicketsEach)}", "-D", $"ops={ArrayOf(Payloads.Op, script.TicketsEach)}");
        return RateOf(await RunAsync(arguments, EnvironmentOf(database)));
    }

    /// <summary>A script that needs no parameters.</summary>
    /// <returns>Transactions of the script a second.</returns>
    public static async Task<double> RunFileAsync(NpgsqlConnectionStringBuilder database, string file, int clients, TimeSpan duration) =>
        RateOf(await RunAsync(["-n", "-M", "prepared", "-c", Text(clients), "-j", "2", "-T", Text((int)duration.TotalSeconds), "-f", file], EnvironmentOf(database)));

    private static double RateOf(string output) => Rate().Match(output) is { Success: true } rate
        ? double.Parse(rate.Groups["rate"].ValueSpan, CultureInfo.InvariantCulture)
        : throw new BenchException($"pgbench told no rate:\n{output}");

    private static Dictionary<string, string> EnvironmentOf(NpgsqlConnectionStringBuilder database) => new()
    {
        ["PGHOST"] = database.Host!,
        ["PGPORT"] = Text(database.Port),
        ["PGUSER"] = database.Username!,
        ["PGPASSWORD"] = database.Password!,
        ["PGDATABASE"] = database.Database!,
        ["PGSSLMODE"] = "disable",
        ["PGGSSENCMODE"] = "disable",
    };

    private static async Task<string> RunAsync(IEnumerable<string> arguments, Dictionary<string, string> environment)
    {
        using var process = new Process { StartInfo = new("pgbench", arguments) { RedirectStandardOutput = true, RedirectStandardError = true } };
        foreach (var (name, value) in environment)
            process.StartInfo.Environment[name] = value;
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            throw new BenchException(Missing);
        }

        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new BenchException($"pgbench failed: {await error}");
    }

    private static string ArrayOf(string json, int count)
    {
        var element = $"\"{json.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
        return $"{{{string.Join(',', Enumerable.Repeat(element, count))}}}";
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^tps = (?<rate>[0-9.]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Rate();
}
