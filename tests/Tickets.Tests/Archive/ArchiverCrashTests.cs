using Azure.Core;
using Azure.Storage.Blobs.Specialized;
using Tickets.Core.Archive.Index;

namespace Tickets.Tests.Archive;

/// <summary>The archiver dies, loses its lease or its part on the way.</summary>
[Collection(nameof(ArchiveStack))]
public class ArchiverCrashTests(ArchiveStack stack)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_death_at_any_storage_request_and_a_rerun_converge_with_every_ticket_readable()
    {
        const int Tickets = 60;
        var points = 0;
        await using var scene = await ArchiveScene.CreateAsync(stack);
        foreach (var executed in new[] { false, true })
        {
            for (var request = 1; ; request++)
            {
                await scene.EmptyAsync();
                await scene.AddClosedTicketsAsync(Tickets, days: 3);
                var fault = new StorageFault(request, executed);
                var died = await scene.Process(fault).ArchiveAsync();
                if (!fault.Fired)
                    break;
                points++;
                Assert.NotEmpty(died.Failures);

                var readers = scene.Process().Tickets;
                foreach (var id in ArchiveScene.Ids(Tickets))
                    Assert.StartsWith($"ticket {id} ", await scene.ReadAsync(readers, id));

                var rerun = await scene.Process().ArchiveAsync();
                Assert.Empty(rerun.Failures);
                await scene.AllAreColdOnceAsync(Tickets, readers);
            }
        }

        Assert.InRange(points, 2 * 8, 100);
        TestContext.Current.TestOutputHelper!.WriteLine($"{points} crash points");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_death_around_the_removal_from_hot_and_a_rerun_converge(bool executed)
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(60, days: 3);
        var died = await scene.Process(removal: remove => async (session, shard, queue, tickets, revision, cancel) =>
        {
            if (executed)
                await remove(session, shard, queue, tickets.Take(20).ToList(), revision, cancel);
            throw new DeadProcessException();
        }).ArchiveAsync();
        Assert.Single(died.Failures);
        Assert.Equal(executed ? 40 : 60, await scene.CountHotAsync());

        var readers = scene.Process().Tickets;
        foreach (var id in ArchiveScene.Ids(60))
            Assert.StartsWith($"ticket {id} ", await scene.ReadAsync(readers, id));
        Assert.Empty((await scene.Process().ArchiveAsync()).Failures);
        Assert.Equal(0, await scene.CountHotAsync());
        foreach (var id in ArchiveScene.Ids(60))
            Assert.StartsWith($"ticket {id} ", await scene.ReadAsync(readers, id));
    }

    [Fact]
    public async Task What_a_run_that_died_before_the_removal_left_is_withdrawn_and_swept()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(90, days: 1);
        await scene.Process(removal: _ => (_, _, _, _, _, _) => throw new DeadProcessException()).ArchiveAsync();
        Assert.Equal(90, (await scene.Process().ArchiveAsync()).Tickets);
        await scene.AllAreColdOnceAsync(90, scene.Process().Tickets);

        scene.Options = scene.Options with { RetiredGrace = TimeSpan.Zero };
        Assert.Equal(1, await scene.Process().Sweep.DeleteRetiredAsync(scene.Queue.Name, Cancel));
        Assert.Single(await scene.Blobs.GetBlobsAsync(cancellationToken: Cancel).ToListAsync(Cancel));
        await scene.AllAreColdOnceAsync(90, scene.Process().Tickets);
    }

    [Fact]
    public async Task A_ticket_that_went_elsewhere_during_a_move_that_died_is_not_found_under_the_old_queue()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(30, days: 1);
        await scene.Process(removal: remove => async (session, shard, queue, tickets, revision, cancel) =>
        {
            await remove(session, shard, queue, tickets.Take(20).ToList(), revision, cancel);
            throw new DeadProcessException();
        }).ArchiveAsync();
        await scene.ExecuteAsync("delete from tickets where ticket_id = 1000087; delete from ticket_meta where ticket_id = 1000087");
        Assert.Null(await scene.Process().Tickets.FindAsync(scene.Queue.Name, 1_000_087, Cancel));

        Assert.Equal(9, (await scene.Process().ArchiveAsync()).Tickets);
        Assert.Null(await scene.Process().Tickets.FindAsync(scene.Queue.Name, 1_000_087, Cancel));
        foreach (var id in ArchiveScene.Ids(29))
            Assert.StartsWith($"ticket {id} ", await scene.ReadAsync(scene.Process().Tickets, id));
    }

    [Fact]
    public async Task An_archiver_that_lost_its_lease_removes_nothing_any_more()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(30, days: 1);
        var report = await scene.Process(removal: remove => async (session, shard, queue, tickets, revision, cancel) =>
        {
            // The server ends the session while this process sleeps, and another one takes over.
            await scene.ExecuteAsync($"select pg_terminate_backend({session.ProcessID}, 5000)");
            Assert.Equal(30, (await scene.Process().ArchiveAsync()).Tickets);
            return await remove(session, shard, queue, tickets, revision, cancel);
        }).ArchiveAsync();
        Assert.Single(report.Failures);
        Assert.Equal(0, report.Tickets);
        await scene.AllAreColdOnceAsync(30, scene.Process().Tickets);
    }

    [Fact]
    public async Task A_part_that_does_not_read_back_as_written_is_withdrawn_and_nothing_leaves_hot()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await scene.AddClosedTicketsAsync(90, days: 3);
        string? damaged = null;
        var watch = new StorageWatch(async message =>
        {
            // The first part to be read back is damaged just before.
            var path = Uri.UnescapeDataString(message.Request.Uri.ToUri().AbsolutePath);
            if (message.Request.Method == RequestMethod.Get && path.EndsWith(PartName.Extension, StringComparison.Ordinal) && Interlocked.CompareExchange(ref damaged, path[path.IndexOf("incidents", StringComparison.Ordinal)..], null) is null)
                await DamageAsync(scene, damaged!, at: 40);
        });

        var report = await scene.Process(watch).ArchiveAsync();
        var failure = Assert.Single(report.Failures);
        Assert.Equal(damaged, failure.Part);
        Assert.Equal(60, report.Tickets);
        Assert.Equal(30, await scene.CountHotAsync());
        var readers = scene.Process().Tickets;
        foreach (var id in ArchiveScene.Ids(90))
            Assert.StartsWith($"ticket {id} ", await scene.ReadAsync(readers, id));

        Assert.Empty((await scene.Process().ArchiveAsync()).Failures);
        await scene.AllAreColdOnceAsync(90, readers);
    }

    private static async Task DamageAsync(ArchiveScene scene, string name, int at)
    {
        var blob = scene.Blobs.GetBlockBlobClient(name);
        var bytes = (await blob.DownloadContentAsync(Cancel)).Value.Content.ToArray();
        bytes[at] ^= 1;
        await blob.UploadAsync(new MemoryStream(bytes), cancellationToken: Cancel);
    }
}
