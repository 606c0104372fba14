using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Storage;

/// <summary>
/// Commits the changes of this process to a hub in groups: whatever waits when the last group is done becomes the next. Nobody waits for company, and a
/// change that the database refuses fails alone.
/// </summary>
internal sealed class HubWriter(HubDatabase database, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    /// <summary>Raised by <c>orchestration_hold</c>; the message names the instances.</summary>
    private const string LeaseLost = "OR001";
    private const int MaxGroup = 256;
    private const int MaxAttempts = 5;

    private readonly Channel<HubChange> _waiting = Channel.CreateBounded<HubChange>(new BoundedChannelOptions(8_192) { SingleReader = true });
    private Task _running = Task.CompletedTask;

    /// <summary>Called after each group with what it held.</summary>
    public Action<IReadOnlyList<HubChange>>? Committed { get; set; }

    public void Start() => _running = Task.Run(RunAsync);

    /// <returns>Whether the change took effect.</returns>
    /// <exception cref="PostgresException">The database refused it; nothing was written.</exception>
    /// <exception cref="OutcomeUnknownException">It may have been written.</exception>
    public async Task<bool> WriteAsync(HubChange change)
    {
        await _waiting.Writer.WriteAsync(change);
        return await change.Done;
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _running;
    }

    private async Task RunAsync()
    {
        while (await _waiting.Reader.WaitToReadAsync())
        {
            var group = Take();
            try
            {
                await CommitAsync(group);
            }
            catch (Exception fault)
            {
                // The writer must live on, and nobody may wait for ever.
                logger.WriterFailed(fault);
                Fail(group, new OutcomeUnknownException(fault));
            }
        }
    }

    /// <summary>What waits. Of one instance a group has one commit only: a second comes from a worker that has lost its lease, and is judged by itself.</summary>
    private List<HubChange> Take()
    {
        var group = new List<HubChange>();
        var instances = new HashSet<string>(StringComparer.Ordinal);
        while (group.Count < MaxGroup && _waiting.Reader.TryPeek(out var next))
        {
            if (next is StepCommit step && !instances.Add(step.Lease.InstanceId))
                break;
            if (_waiting.Reader.TryRead(out next))
                group.Add(next);
        }

        return group;
    }

    private async Task CommitAsync(List<HubChange> group)
    {
        for (var attempt = 1; group.Count > 0; attempt++)
        {
            try
            {
                foreach (var change in group)
                    change.TookEffect = false;
                await database.RunAsync("commit", new HubGroup(group, Platform.Json.Rfc3339.Truncate(clock.GetUtcNow())).ExecuteAsync);
                Committed?.Invoke(group);
                foreach (var change in group)
                    change.Complete();
                return;
            }
            catch (PostgresException fault) when (fault.SqlState == LeaseLost)
            {
                group = WithoutLost(group, fault);
            }
            catch (PostgresException fault) when (IsRefusal(fault))
            {
                if (attempt < MaxAttempts && IsWorthAnotherTry(fault))
                    continue;
                await GiveUpAsync(group, fault);
                return;
            }
            catch (Exception fault) when (ConnectionLoss.Is(fault) || fault is OperationCanceledException or ObjectDisposedException or InvalidOperationException)
            {
                logger.CommitLost(group.Count, fault);
                Fail(group, new OutcomeUnknownException(fault));
                return;
            }
        }
    }

    /// <summary>Steps whose lease another worker has taken over have no effect; their neighbours are tried again.</summary>
    private static List<HubChange> WithoutLost(List<HubChange> group, PostgresException fault)
    {
        var lost = fault.MessageText.Split('\n').ToHashSet(StringComparer.Ordinal);
        var left = new List<HubChange>();
        foreach (var change in group)
        {
            change.TookEffect = false;
            if (change is StepCommit step && lost.Contains(step.Lease.InstanceId))
                change.Complete();
            else
                left.Add(change);
        }

        return left;
    }

    private async Task GiveUpAsync(List<HubChange> group, PostgresException fault)
    {
        if (group.Count == 1)
        {
            logger.ChangeRefused(fault.SqlState, fault);
            group[0].Fail(fault);
            return;
        }

        foreach (var change in group)
            await CommitAsync([change]);
    }

    private static bool IsWorthAnotherTry(PostgresException fault) =>
        fault.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.UniqueViolation;

    // A session that is ended while it commits may have committed.
    private static bool IsRefusal(PostgresException fault) =>
        fault.SqlState is not (PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow);

    private static void Fail(List<HubChange> group, Exception fault)
    {
        foreach (var change in group)
            change.Fail(fault);
    }
}
