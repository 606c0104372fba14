using System.Diagnostics;
using Tickets.Chaos.Fuzz;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Experiments;

/// <summary>R9: what parsers are fed by strangers.</summary>
internal sealed class ParserExperiment : IExperiment
{
    public string Name => "parsers";

    public string Requirement => "R9";

    public string Description => "Spoiled tokens (nonces and cursors), workflow definitions, conditions, creates, part files and command lines: typed errors only, and no forgery is taken.";

    public TimeSpan Whole => TimeSpan.FromMinutes(5);

    public TimeSpan Bounded => TimeSpan.FromSeconds(12);

    public async Task RunAsync(ChaosRun run)
    {
        List<IFuzzTarget> targets = [.. RequestTarget.All(), new TokenTarget(), new PartTarget(), new CommandLineTarget()];
        foreach (var target in targets)
        {
            run.Progress.Stage(target.Name);
            var (faults, tried) = await FeedAsync(target, new Random(run.SeedOf(target.Name)), run.Duration / targets.Count);
            run.Judge($"{target.Name}: typed errors only", faults);
            run.Sheet.Info($"{target.Name.Replace(' ', '_')}_inputs", tried, "inputs");
        }
    }

    private static async Task<(IReadOnlyList<string> Faults, int Tried)> FeedAsync(IFuzzTarget target, Random random, TimeSpan limit)
    {
        const int Enough = 20;
        var faults = new List<string>();
        var tried = 0;
        for (var spent = Stopwatch.StartNew(); (tried == 0 || spent.Elapsed < limit) && faults.Count < Enough; tried++)
        {
            // Each input has a seed of its own, so that it can be made again without those before it.
            var seed = random.Next();
            if (await target.TryAsync(new Random(seed)) is { } fault)
                faults.Add($"input {tried} (seed {seed}): {fault}");
        }

        return (faults, tried);
    }
}
