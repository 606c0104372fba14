using System.Diagnostics;
using Tickets.Bench.Report;
using Tickets.Chaos.Faults;
using Tickets.Chaos.Histories;

namespace Tickets.Chaos.Running;

/// <summary>One run of one experiment: what it may use, and what it tells.</summary>
internal sealed class ChaosRun : IDisposable
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MostPatience = TimeSpan.FromMinutes(3);

    private readonly List<Verdict> _verdicts = [];
    private readonly List<Series> _series = [];

    public ChaosRun(IExperiment experiment, RunOptions options, TextWriter results, TextWriter progress)
    {
        Experiment = experiment;
        Options = options;
        Duration = options.Minutes is { } minutes ? TimeSpan.FromMinutes(minutes) : options.Bounded ? experiment.Bounded : experiment.Whole;
        Folder = Directory.CreateDirectory(Path.Combine(options.Output, experiment.Name)).FullName;
        History = new History(Path.Combine(Folder, "history.jsonl"));
        Sheet = new Sheet(results, progress);
        Progress = new Progress(experiment.Name, Duration, progress);
        Results = results;
    }

    public IExperiment Experiment { get; }
    public RunOptions Options { get; }

    /// <summary>How long it is to break things.</summary>
    public TimeSpan Duration { get; }

    /// <summary>Where its history and its report are.</summary>
    public string Folder { get; }
    public History History { get; }
    public Sheet Sheet { get; }
    public Progress Progress { get; }
    public TextWriter Results { get; }
    public IReadOnlyList<Verdict> Verdicts => _verdicts;
    public IReadOnlyList<Series> Series => _series;

    /// <summary>Figures are a matter of speed, and in the bounded tier of a crowded machine they are only told.</summary>
    public bool Passed => _verdicts.All(verdict => verdict.Faults.Count == 0) && (Options.Bounded || Sheet.Figures.All(figure => figure.IsReached));

    /// <summary>A seed of its own for each part of a run, so that adding one changes no other.</summary>
    public int SeedOf(string part)
    {
        // Not HashCode, which differs from process to process.
        var hash = (uint)Options.Seed;
        foreach (var c in part)
            hash = (hash * 31) + c;
        return (int)(hash & int.MaxValue);
    }

    /// <summary>A promise that was looked at: kept when there are no faults.</summary>
    public void Judge(string promise, IReadOnlyList<string> faults)
    {
        _verdicts.Add(new Verdict(promise, faults));
        Results.WriteLine($"check {promise}: {(faults.Count == 0 ? "ok" : $"BROKEN, {faults.Count} times")}");
        foreach (var fault in faults.Take(10))
            Results.WriteLine($"  {fault}");
    }

    public void Judge(string promise, bool kept, string otherwise) => Judge(promise, kept ? [] : [otherwise]);

    /// <summary>Work and faults for as long as the run is to last; then the faults end, all is whole, and work goes on for a moment.</summary>
    /// <param name="work">Until told to stop.</param>
    /// <param name="done">How much was done so far: once all is whole it must grow again, however long a slow machine takes for that.</param>
    public async Task BreakAsync(Nemesis nemesis, Func<CancellationToken, Task> work, Func<string> state, Func<long>? done = null)
    {
        Progress.Stage($"breaking things for {Duration.TotalSeconds:0} s, seed {Options.Seed}");
        using var worked = new CancellationTokenSource();
        using var broken = new CancellationTokenSource(Duration);
        var working = work(worked.Token);
        var showing = Progress.WhileAsync(state, worked.Token);
        var breaking = nemesis.RunAsync(broken.Token);
        // A worker that fails must be heard of at once, not after the time is over.
        if (await Task.WhenAny(breaking, working) == breaking)
        {
            await breaking;
            var before = done?.Invoke();
            for (var waited = Stopwatch.StartNew(); waited.Elapsed < Settling || (done?.Invoke() <= before && waited.Elapsed < MostPatience);)
                await Task.Delay(50);
        }

        await worked.CancelAsync();
        await broken.CancelAsync();
        await Task.WhenAll(working, showing, breaking);
        Progress.Stage($"judging ({state()})");
    }

    public void Draw(Series series) => _series.Add(series);

    public void Dispose() => History.Dispose();
}

/// <param name="Faults">A sentence for each.</param>
internal sealed record Verdict(string Promise, IReadOnlyList<string> Faults);

/// <summary>Something sampled over a run.</summary>
internal sealed record Series(string Name, string Unit, IReadOnlyList<(double Seconds, double Value)> Samples);
