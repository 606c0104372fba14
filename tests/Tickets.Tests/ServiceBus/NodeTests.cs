using System.Diagnostics;
using System.Text.RegularExpressions;
using Tickets.Local;

namespace Tickets.Tests.ServiceBus;

/// <summary>Runs a file of Node's own test runner once and keeps how each of its cases went.</summary>
internal static partial class NodeTests
{
    public static IEnumerable<string> Cases(string file) => Declaration().Matches(File.ReadAllText(file)).Select(match => match.Groups["name"].Value);

    /// <returns>Each case with null, or with what the runner says about its failure.</returns>
    public static async Task<IReadOnlyDictionary<string, string?>> RunAsync(string file, TimeSpan limit, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("node", ["--test", "--test-reporter=tap", file]) { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var end = new CancellationTokenSource(limit);
        await using var kill = end.Token.Register(() => process.Kill(entireProcessTree: true));
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        var results = new Dictionary<string, string?>(StringComparer.Ordinal);
        var said = output.Split('\n');
        for (var i = 0; i < said.Length; i++)
        {
            if (Outcome().Match(said[i]) is { Success: true } outcome)
                results[outcome.Groups["name"].Value] = outcome.Groups["outcome"].Value == "ok" ? null : string.Join('\n', said.Skip(i).Take(30));
        }

        return results.Count > 0 ? results : throw new InvalidOperationException($"{Path.GetFileName(file)} has run no test:\n{output}");
    }

    [GeneratedRegex(@"^test\('(?<name>.+?)', ", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^\s*(?<outcome>ok|not ok) \d+ - (?<name>.+?)\r?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Outcome();
}
