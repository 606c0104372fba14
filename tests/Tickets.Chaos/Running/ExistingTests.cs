using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Xml.Linq;
using Tickets.Local;

namespace Tickets.Chaos.Running;

/// <summary>A test of the suite as it was run by name.</summary>
/// <param name="Output">What it printed.</param>
internal sealed record TestResult(string Name, bool Passed, double Seconds, string Output);

/// <summary>Runs tests of the suite by name, in a process of their own, and reads what came of them.</summary>
internal static class ExistingTests
{
    /// <param name="project">Such as <c>Tickets.Tests</c>.</param>
    /// <param name="methods">Patterns such as <c>*CrashPointTests.*</c>.</param>
    /// <param name="withExplicit">Also those that take long and are left out of the suite.</param>
    /// <param name="root">The checkout; null for this one.</param>
    /// <exception cref="ChaosException">There is no such test, or the program of the tests did not come to its end.</exception>
    public static async Task<IReadOnlyList<TestResult>> RunAsync(
        string project, IReadOnlyList<string> methods, bool withExplicit, IReadOnlyDictionary<string, string>? environment = null, string? root = null, CancellationToken cancel = default)
    {
        var program = Path.Combine(Folder(project, root), "bin", Configuration, "net10.0", project);
        if (!File.Exists(program))
            throw new ChaosException($"{project} is not built: {program} does not exist. Leave --no-build out, or build it.");
        var report = Path.GetTempFileName();
        try
        {
            var arguments = methods.SelectMany(method => new[] { "-method", method }).Concat(["-explicit", withExplicit ? "on" : "off", "-xml", report, "-noColor", "-noLogo"]);
            var (exit, output) = await RunAsync(program, arguments, environment ?? new Dictionary<string, string>(), cancel);
            if (new FileInfo(report).Length == 0)
                throw new ChaosException($"{project} ended with {exit} without a report: {output}");
            var results = Read(XDocument.Load(report));
            return results.Count > 0 ? results : throw new ChaosException($"{project} has no test {string.Join(", ", methods)}.");
        }
        finally
        {
            File.Delete(report);
        }
    }

    /// <exception cref="ChaosException">It does not build; the message says why.</exception>
    public static async Task BuildAsync(string project, string? root = null, CancellationToken cancel = default)
    {
        var (exit, output) = await RunAsync("dotnet", ["build", Folder(project, root), "-c", Configuration, "-p:RunAnalyzers=false", "-v:q", "-nologo"], new Dictionary<string, string>(), cancel);
        if (exit != 0)
            throw new ChaosException($"{project} does not build: {output}");
    }

    internal static async Task<(int Exit, string Output)> RunAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        if (AppProcess.RuntimeRoot() is { } runtime)
            start.Environment["DOTNET_ROOT"] = runtime;
        using var process = Process.Start(start)!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancel), process.StandardError.ReadToEndAsync(cancel));
            await process.WaitForExitAsync(cancel);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static string Configuration => typeof(ExistingTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";

    private static string Folder(string project, string? root) => Path.Combine(root ?? Repository.Root, "tests", project);

    private static List<TestResult> Read(XDocument report) =>
    [
        .. report.Descendants("test").Select(test => new TestResult(
            (string)test.Attribute("name")!,
            (string?)test.Attribute("result") == "Pass",
            double.Parse((string)test.Attribute("time")!, CultureInfo.InvariantCulture),
            string.Join('\n', new[] { (string?)test.Element("output"), (string?)test.Element("failure")?.Element("message") }.Where(text => !string.IsNullOrWhiteSpace(text))))),
    ];
}
