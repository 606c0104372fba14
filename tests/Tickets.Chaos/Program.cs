using System.CommandLine;
using Tickets.Bench;
using Tickets.Chaos;
using Tickets.Chaos.Experiments;
using Tickets.Chaos.Report;
using Tickets.Chaos.Running;
using Tickets.Chaos.Scale;
using Tickets.Local;

const int Broken = 1;
const int NotRun = 2;

IExperiment[] experiments =
[
    new RegisterExperiment(),
    new ChangesExperiment(),
    new TestsExperiment("changes-relayed", "R2", "The same through Service Bus, a subscriber and the example's search index, with the broker killed too.", [("Tickets.Acceptance", ["*ChangeLogChaosTests.*"])], new Dictionary<string, string> { ["TICKETS_CHAOS_OPS"] = "100000" }, areLong: true),
    new RetryExperiment(),
    new TestsExperiment(
        "crash-points", "R4", "Reference orchestrations with a fault at the n-th access to the database for every n, before it and with its answer lost.", [("Tickets.Tests", ["*CrashPointTests.*"])]),
    new TestsExperiment(
        "workers", "R5", "Three processes killed, and frozen for longer than their leases, while orchestrations run.",
        [("Tickets.Acceptance", ["*MurderedWorkersTests.*"]), ("Tickets.Tests", ["*LeaseTests.A_worker_whose_lease_was_taken_over*"])], areLong: true),
    new PostgresExperiment(),
    new TestsExperiment(
        "archive", "R7", "The move to the cold tier with a death at every storage request and the storage account killed, readers all the while.",
        [("Tickets.Tests", ["*ArchiverCrashTests.*", "*KilledStorageTests.*", "*ArchiverRaceTests.A_reader_finds*"]), ("Tickets.Acceptance", ["*ArchiveTests.Readers_of_two*"])]),
    new TestsExperiment(
        "outages", "R6", "The app killed under load, PostgreSQL and a single shard away for a while, scans under way cut off.",
        [("Tickets.Acceptance", ["*KilledAppTests.*", "*KilledPostgresTests.*", "*LostTargetTests.A_queue_is_not_switched*", "*ScanUnderWayTests.A_scan_of_several_units*", "*ScanUnderWayTests.A_large_result*"])], areLong: true),
    new HttpExperiment(),
    new ParserExperiment(),
    new ModelExperiment(),
    new OverloadExperiment(),
    new TestsExperiment("walls", "R12", "Every function of the app, asked with one team's strongest key for what is another's.", [("Tickets.Acceptance", ["*QueueWallsTests.*"])]),
    new UpgradeExperiment(),
    new PlantedExperiment(),
    new SoakExperiment(),
    new DayExperiment(),
];

var name = new Argument<string[]>("name") { Arity = ArgumentArity.OneOrMore, Description = $"One of {string.Join(", ", experiments.Select(each => each.Name))}; several of them; all; or scale, which prints the table of docs/scale.md." };
var minutes = new Option<double?>("--minutes") { Description = "How long each one breaks things." };
var seed = new Option<int?>("--seed") { Description = "Of all that is drawn by lot; printed, so that a run can be repeated." };
var bounded = new Option<bool>("--bounded") { Description = "Small; figures of speed are told and not judged; what dotnet test runs is left to it." };
var noBuild = new Option<bool>("--no-build") { Description = "Tests that are run by name are built already." };
var only = new Option<string?>("--only") { Description = "One planted bug, by name." };
var output = new Option<string>("--output") { Description = "The folder for histories and reports.", DefaultValueFactory = _ => Path.Combine(Repository.Root, ".local", "chaos") };

var root = new RootCommand("Puts the promises to the test. Ends with 0 when all are kept, 1 when one is broken, 2 when it could not be run.") { name, minutes, seed, bounded, noBuild, only, output };
root.SetAction(async (arguments, _) =>
{
    var asked = arguments.GetValue(name)!;
    if (asked is ["scale"])
    {
        await Console.Out.WriteLineAsync(string.Join('\n', ScaleTable.Rows()));
        return 0;
    }

    if (asked.FirstOrDefault(each => each != "all" && experiments.All(known => known.Name != each)) is { } unknown)
    {
        await Console.Error.WriteLineAsync($"There is no '{unknown}'; there are {string.Join(", ", experiments.Select(each => each.Name))}.");
        return NotRun;
    }

    var options = new RunOptions(
        arguments.GetValue(seed) ?? Random.Shared.Next(1, 1_000_000), arguments.GetValue(minutes), arguments.GetValue(bounded), !arguments.GetValue(noBuild), arguments.GetValue(output)!, arguments.GetValue(only));
    var chosen = experiments.Where(each => asked.Contains(each.Name) || (asked.Contains("all") && !(options.Bounded && each.IsInTheSuite)));
    var outcomes = new List<int>();
    foreach (var experiment in chosen)
    {
        var outcome = await RunAsync(experiment, options);
        // On a crowded machine a server may not start in time, which says nothing of a promise: once more. What was broken is never tried again.
        outcomes.Add(outcome == NotRun && options.Bounded ? await RunAsync(experiment, options) : outcome);
    }

    return outcomes.Contains(Broken) ? Broken : outcomes.Max();
});
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });

static async Task<int> RunAsync(IExperiment experiment, RunOptions options)
{
    await Console.Out.WriteLineAsync($"{experiment.Requirement} {experiment.Name}, seed {options.Seed}");
    using var run = new ChaosRun(experiment, options, Console.Out, Console.Error);
    try
    {
        await experiment.RunAsync(run);
    }
    catch (Exception e)
    {
        // Whatever it is, the other experiments are still to be run; those that explain themselves need no stack trace.
        await Console.Error.WriteLineAsync($"{experiment.Name} could not be run: {(e is ChaosException or BenchException or LocalStackException ? e.Message : e)}");
        return NotRun;
    }

    await Console.Out.WriteLineAsync($"{(run.Passed ? "kept" : "NOT KEPT")} {experiment.Requirement} {experiment.Name}; report: {await HtmlReport.WriteAsync(run)}");
    return run.Passed ? 0 : Broken;
}
