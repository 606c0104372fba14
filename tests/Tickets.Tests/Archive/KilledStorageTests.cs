using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Azure;
using Tickets.Core.Archive;

namespace Tickets.Tests.Archive;

/// <summary>The storage account is killed and started again while tickets are archived, compacted, swept and read (R7).</summary>
public class KilledStorageTests(KillableArchiveStack stack) : IClassFixture<KillableArchiveStack>
{
    private const int Wave = 40;
    private const int Days = 4;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public Task Storage_that_is_killed_loses_no_ticket_and_leaves_nothing_behind() => RunAsync(kills: 2);

    /// <summary>By hand: <c>Tickets.Tests -explicit only -method "*Storage_that_is_killed*"</c>.</summary>
    [Fact(Explicit = true)]
    public Task Storage_that_is_killed_forty_times_loses_no_ticket_and_leaves_nothing_behind() => RunAsync(kills: 40);

    private async Task RunAsync(int kills)
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        scene.Options = scene.Options with { CompactAtParts = 2 };
        var (ids, unknown, reads, runs) = (new ConcurrentQueue<long>(), 0, 0, 0);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await AddWaveAsync(scene, ids);

        var readers = Enumerable.Range(1, 3).Select(seed => Task.Run(async () =>
        {
            var (process, random) = (scene.Process().Tickets, new Random(seed));
            while (!stop.IsCancellationRequested)
            {
                var known = ids.ToArray();
                var id = known[random.Next(known.Length)];
                if (await TryAsync(async () => Assert.StartsWith($"ticket {id} ", await scene.ReadAsync(process, id))))
                    Interlocked.Increment(ref reads);
                else
                    Interlocked.Increment(ref unknown);
            }
        })).ToList();
        var keeping = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await AddWaveAsync(scene, ids);
                // As each timer's run is: another process, that knows nothing of those before.
                var archived = await scene.Process().ArchiveAsync();
                if (await TryAsync(() => CompactAsync(scene.Process())) && archived.Failures.Count == 0)
                    Interlocked.Increment(ref runs);
            }
        });

        var took = Stopwatch.StartNew();
        var random = new Random(7);
        for (var kill = 0; kill < kills; kill++)
        {
            // In the midst of the work: some of it has come through since the last kill, and some is under way.
            for (var before = Volatile.Read(ref runs); Volatile.Read(ref runs) < before + 2 && !keeping.IsCompleted;)
                await Task.Delay(10, Cancel);
            await Task.Delay(random.Next(0, 400), Cancel);
            await stack.Storage.KillAsync();
            await Task.Delay(random.Next(0, 300), Cancel);
            await stack.Storage.StartAsync(Cancel);
        }

        await stop.CancelAsync();
        await Task.WhenAll([keeping, .. readers]);
        TestContext.Current.TestOutputHelper!.WriteLine($"{kills} kills in {took.Elapsed.TotalSeconds:0} s: {ids.Count} tickets, {runs} whole runs of the archiver and the compaction, {reads} reads found theirs, {unknown} were not answered");

        Assert.Empty((await scene.Process().ArchiveAsync()).Failures);
        await CompactAsync(scene.Process());
        await AssertConvergedAsync(scene, ids);
    }

    private static async Task AddWaveAsync(ArchiveScene scene, ConcurrentQueue<long> ids)
    {
        var first = 1_000_000 + (ids.Count * 3L);
        await scene.AddClosedTicketsAsync(Wave, Days, first);
        foreach (var id in ArchiveScene.Ids(Wave, first))
            ids.Enqueue(id);
    }

    private static async Task CompactAsync(ArchiveProcess process)
    {
        var known = (await process.Tools.Index.RefreshAsync(process.Queue.Name, Cancel)).Parts;
        foreach (var (day, _, _) in known.DaysOfSeveralParts().ToList())
            await process.Compaction.CompactDayAsync(process.Queue.Name, day, CompactionRule.Tiered, Cancel);
        await process.Sweep.DeleteRetiredAsync(process.Queue.Name, Cancel);
    }

    /// <summary>Every ticket is cold once, and after a sweep there are as many blobs as parts.</summary>
    private static async Task AssertConvergedAsync(ArchiveScene scene, ConcurrentQueue<long> ids)
    {
        await scene.AllAreColdOnceAsync(ids.Count, scene.Process().Tickets);
        scene.Options = scene.Options with { RetiredGrace = TimeSpan.Zero, OrphanAge = TimeSpan.Zero };
        var sweep = scene.Process().Sweep;
        await sweep.RetireOrphansAsync(scene.Queue.Name, Cancel);
        await sweep.DeleteRetiredAsync(scene.Queue.Name, Cancel);
        Assert.Equal((await scene.Process().RowsAsync()).Sum(day => day.Parts.Count), await scene.CountBlobsAsync());
        await scene.AllAreColdOnceAsync(ids.Count, scene.Process().Tickets);
    }

    /// <returns>False when the storage account did not answer: then nothing is known. A wrong answer is never excused by that.</returns>
    private static async Task<bool> TryAsync(Func<Task> work)
    {
        try
        {
            await work();
            return true;
        }
        catch (Exception fault) when (IsAway(fault))
        {
            return false;
        }
    }

    private static bool IsAway(Exception fault) => fault switch
    {
        RequestFailedException { Status: 0 or >= 500 } or HttpRequestException or SocketException or IOException or TaskCanceledException => true,
        AggregateException several => several.InnerExceptions.All(IsAway),
        _ => false,
    };
}
