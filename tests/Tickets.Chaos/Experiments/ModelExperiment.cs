using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Tickets.Chaos.Model;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Experiments;

/// <summary>R10: the app against a model in memory.</summary>
internal sealed class ModelExperiment : IExperiment
{
    private const int CommandsAtMost = 40;

    public string Name => "model";

    public string Requirement => "R10";

    public string Description => "Random commands (creates, conditional updates, moves between shards, acceptance, searches, repetitions) against a model in memory; a list that parts the two is shrunk to a short one.";

    public TimeSpan Whole => TimeSpan.FromMinutes(3);

    public TimeSpan Bounded => TimeSpan.FromSeconds(15);

    public async Task RunAsync(ChaosRun run)
    {
        await using var scene = await Scene.StartAsync(run, processes: 1);
        string[] queues = [await scene.MakeQueueAsync("model/a", "hot-0"), await scene.MakeQueueAsync("model/b", "hot-1")];
        run.Progress.Stage($"lists of commands for {run.Duration.TotalSeconds:0} s, seed {run.Options.Seed}");
        var (lists, commands) = (0, 0);
        var spent = Stopwatch.StartNew();
        string? fault = null;
        var property = Prop.ForAll(Commands.Lists(), list =>
        {
            // FsCheck counts tests, not time: once the time is over the rest of them do nothing, but a fault is shrunk to its end.
            if (fault is null && spent.Elapsed > run.Duration)
                return;
            lists++;
            commands += list.Length;
            // FsCheck knows no asynchronous properties in this form; this thread has nothing else to do.
            if (new ModelRun(scene.Client, queues, lists).RunAsync(list).GetAwaiter().GetResult() is { } difference)
            {
                fault = difference;
                throw new ChaosException(difference);
            }
        });
        var config = Config.QuickThrowOnFailure
            .WithMaxTest(100_000).WithStartSize(20).WithEndSize(CommandsAtMost)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd((ulong)run.SeedOf("commands")), FSharpOption<int>.None)));
        string? report = null;
        try
        {
            await Task.Run(() => Check.One(config, property));
        }
        catch (Exception e)
        {
            // FsCheck's own exception, which is not public: it says the shortest list that fails.
            report = e.Message;
        }

        run.Judge("the app does what the model does", report is null ? [] : [report]);
        run.Sheet.Info("lists", lists, "lists");
        run.Sheet.Info("commands", commands, "commands");
    }
}
