using Tickets.Chaos.Running;

namespace Tickets.Chaos.Experiments;

/// <summary>A promise that tests of the suite hold already: they are run by name, with larger bounds where they have any, and their figures told.</summary>
/// <param name="tests">By project, patterns of their names.</param>
/// <param name="whole">Variables of the environment that make them larger when run by hand.</param>
/// <param name="areLong">They are left out of <c>dotnet test</c> and run here alone.</param>
internal sealed class TestsExperiment(
    string name, string requirement, string description, IReadOnlyList<(string Project, string[] Methods)> tests, IReadOnlyDictionary<string, string>? whole = null, bool areLong = false) : IExperiment
{
    public string Name => name;

    public string Requirement => requirement;

    public string Description => description;

    public TimeSpan Whole => TimeSpan.FromMinutes(3);

    public TimeSpan Bounded => TimeSpan.FromMinutes(1);

    public bool IsInTheSuite => !areLong;

    public async Task RunAsync(ChaosRun run)
    {
        foreach (var (project, methods) in tests)
        {
            if (run.Options.Build)
            {
                run.Progress.Stage($"building {project}");
                await ExistingTests.BuildAsync(project);
            }

            run.Progress.Stage($"running {string.Join(", ", methods)}");
            using var done = new CancellationTokenSource();
            var showing = run.Progress.WhileAsync(() => "tests are running", done.Token);
            var results = await ExistingTests.RunAsync(project, methods, withExplicit: areLong || !run.Options.Bounded, run.Options.Bounded ? null : whole);
            await done.CancelAsync();
            await showing;
            foreach (var result in results)
            {
                // The figures that it prints, and the reason when it fails.
                foreach (var line in result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                    await run.Results.WriteLineAsync($"  {line}");
                run.Judge($"{Short(result.Name)} ({result.Seconds:0.0} s)", result.Passed, result.Output);
            }
        }
    }

    private static string Short(string test) => test.StartsWith("Tickets.", StringComparison.Ordinal) ? string.Join('.', test.Split('(')[0].Split('.')[^2..]) + (test.Contains('(') ? "(" + test.Split('(', 2)[1] : "") : test;
}
