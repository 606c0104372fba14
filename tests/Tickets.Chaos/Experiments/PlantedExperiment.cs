using System.Reflection;
using Tickets.Chaos.Running;
using Tickets.Local;

namespace Tickets.Chaos.Experiments;

/// <summary>R14: each planted bug is put into a copy of the checkout, built, and shown to the test that should find it.</summary>
internal sealed class PlantedExperiment : IExperiment
{
    private static readonly Dictionary<string, string> Nothing = [];

    public string Name => "planted";

    public string Requirement => "R14";

    public string Description => "Patches that break one rule each (tests/Tickets.Chaos/Planted), one after another in a copy of the last commit: each must be caught by the test that it names.";

    public TimeSpan Whole => TimeSpan.FromMinutes(30);

    public TimeSpan Bounded => TimeSpan.Zero;

    /// <summary>Building the whole some twenty times is nothing for every change.</summary>
    public bool IsInTheSuite => true;

    public async Task RunAsync(ChaosRun run)
    {
        var bugs = PlantedBug.All().Where(bug => run.Options.Only is null || bug.Name == run.Options.Only).ToList();
        if (bugs.Count == 0)
            throw new ChaosException($"There is no planted bug '{run.Options.Only}'; there are {string.Join(", ", PlantedBug.All().Select(bug => bug.Name))}.");
        var copy = Path.Combine(run.Folder, "checkout");
        await CopyAsync(copy);
        var table = new List<string>();
        foreach (var bug in bugs)
        {
            run.Progress.Stage($"{bug.Name}: {bug.Test}");
            var caught = await IsCaughtAsync(run, copy, bug);
            run.Judge($"{bug.Name} is caught by {bug.Test}", caught, $"{bug.Breaks} The test passed all the same.");
            table.Add($"| {bug.Name} | {bug.Breaks} | {bug.Test} | {(caught ? "caught" : "MISSED")} |");
        }

        await run.Results.WriteLineAsync("| planted | what it breaks | caught by | |\n|---|---|---|---|");
        foreach (var row in table)
            await run.Results.WriteLineAsync(row);
        run.Sheet.Info("planted", bugs.Count, "bugs");
    }

    private static async Task<bool> IsCaughtAsync(ChaosRun run, string copy, PlantedBug bug)
    {
        await GitAsync(copy, "checkout", "--force", "--quiet", ".");
        await GitAsync(copy, "apply", "--recount", bug.Path);
        var (project, test) = (bug.Test.Split(' ')[0], bug.Test.Split(' ')[1]);
        if (project != "chaos")
        {
            await ExistingTests.BuildAsync(project, copy);
            var results = await ExistingTests.RunAsync(project, [$"*{test}*"], withExplicit: true, root: copy);
            // How it fails, so that one can see that it is for the bug and not for something else.
            foreach (var failed in results.Where(result => !result.Passed))
                await run.Results.WriteLineAsync($"  {failed.Name}: {failed.Output.ReplaceLineEndings(" ")}");
            return results.Any(result => !result.Passed);
        }

        await ExistingTests.BuildAsync("Tickets.Chaos", copy);
        var (exit, output) = await ExistingTests.RunAsync(Path.Combine(copy, "tests", "Tickets.Chaos", "bin", Configuration, "net10.0", "Tickets.Chaos"), [test, "--bounded", "--seed", "1"], Nothing, CancellationToken.None);
        foreach (var line in output.Split('\n').Where(line => line.StartsWith("check", StringComparison.Ordinal) && line.Contains("BROKEN", StringComparison.Ordinal)))
            await run.Results.WriteLineAsync($"  {line}");
        return exit switch
        {
            0 => false,
            1 => true,
            // An experiment that cannot go on for what the bug did is a find too; one that could not begin is none.
            _ => output.Contains("judging", StringComparison.Ordinal) || output.Contains("breaking things", StringComparison.Ordinal)
                ? true
                : throw new ChaosException($"{bug.Name}: chaos {test} could not be run: {output}"),
        };
    }

    private static string Configuration => typeof(PlantedExperiment).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";

    /// <summary>A worktree of the last commit, kept from run to run so that only what a patch touches is built anew.</summary>
    private static async Task CopyAsync(string copy)
    {
        if (!Directory.Exists(copy))
            await GitAsync(Repository.Root, "worktree", "add", "--detach", "--force", copy, "HEAD");
        await GitAsync(copy, "checkout", "--force", "--quiet", "--detach", (await GitAsync(Repository.Root, "rev-parse", "HEAD")).Trim());
        var local = Directory.CreateDirectory(Path.Combine(copy, ".local")).FullName;
        if (!Directory.Exists(Path.Combine(local, "npm")))
            Directory.CreateSymbolicLink(Path.Combine(local, "npm"), Repository.PathTo(".local", "npm"));
    }

    private static async Task<string> GitAsync(string folder, params string[] arguments)
    {
        var (exit, output) = await ExistingTests.RunAsync("git", ["-C", folder, .. arguments], Nothing, CancellationToken.None);
        return exit == 0 ? output : throw new ChaosException($"git {string.Join(' ', arguments)}: {output}");
    }
}
