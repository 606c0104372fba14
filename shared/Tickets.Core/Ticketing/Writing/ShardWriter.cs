using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Placement;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>
/// Commits concurrent commands to one shard in groups: whatever waits when the last group is done becomes the next one, so groups grow
/// with the load and nobody waits for company. One writer a process and shard; any number of processes may write to a shard.
/// </summary>
internal sealed partial class ShardWriter(Shard shard, PlacementFence fence, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    /// <summary>So many commands may wait; more are refused.</summary>
    public const int Room = 16_384;

    private const int MaxGroup = 256;
    private const long MaxGroupBytes = 4 << 20;
    private const int MaxAttempts = 5;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(100);
    private const string IdleSessionTimeout = "57P05";
    private const string IdleInTransactionTimeout = "25P03";

    private readonly PendingCommands _waiting = new(maxCommands: Room, maxCommandsOfAQueue: 4_096, maxBytes: 64 << 20, clock);
    private readonly Crowd _crowd = new();
    private readonly CancellationTokenSource _stopping = new();
    private NpgsqlConnection? _connection;
    private long _epoch;
    private bool _committing;
    private string _outcome = "";
    private Task _running = Task.CompletedTask;

    public Shard Shard => shard;
    public int Waiting => _waiting.Count;

    /// <summary>Whether it had its database when it last wrote.</summary>
    public bool IsConnected => _connection is not null;

    /// <summary>Called after each group with the shard's newest opid.</summary>
    public Action<long>? OnCommitted { get; set; }

    /// <summary>Called after each group that gave orchestrations of the shard something to do now.</summary>
    public Action? OnOrchestrationsWoken { get; set; }

    public void Start() => _running = Task.Run(RunAsync);

    /// <returns>What was written; 429 or 503 when too much waits, 503 when the database is away or the outcome is not known.</returns>
    /// <exception cref="OperationCanceledException">The caller went away before its command was taken up; nothing is written.</exception>
    public Task<Result<Written>> WriteAsync(TicketCommand command, CancellationToken cancel)
    {
        var pending = new PendingCommand(command, cancel);
        return _waiting.TryAdd(pending) switch
        {
            Admission.Taken => pending.Answer,
            Admission.QueueFull => Refused("queue_full", Problems.QueueBusy(command.Queue.Name)),
            Admission.Full => Refused("full", Problems.Overloaded(shard.Name)),
            _ => Task.FromResult<Result<Written>>(Problems.Unavailable("This process is shutting down.")),
        };
    }

    private Task<Result<Written>> Refused(string reason, Contracts.Problem problem)
    {
        WriterMetrics.Refusals.Add(1, new("shard", shard.Name), new("reason", reason));
        return Task.FromResult<Result<Written>>(problem);
    }

    /// <summary>Takes no more commands, writes those that wait, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Close();
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
        if (_connection is not null)
            await _connection.DisposeAsync();
    }

    private async Task RunAsync()
    {
        await PrepareAsync();
        while (true)
        {
            var group = await _waiting.TakeAsync(MaxGroup, MaxGroupBytes);
            if (group.Count == 0)
                return;
            using var span = WriterMetrics.Span(shard.Name, group);
            var from = clock.GetTimestamp();
            _outcome = "decided";
            await CommitOrRefuseAsync(group);
            WriterMetrics.CountGroup(shard.Name, group.Count, _outcome, clock.GetElapsedTime(from));
            if (_crowd.Pause is { Ticks: > 0 } pause)
                await Task.Delay(pause, clock);
        }
    }

    /// <summary>Whatever goes wrong, the writer must live on and nobody may wait for ever.</summary>
    private async Task CommitOrRefuseAsync(List<PendingCommand> group)
    {
        try
        {
            await CommitAsync(group);
        }
        catch (Exception fault)
        {
            LogFailed(logger, shard.Name, fault);
            _outcome = "failed";
            await DropConnectionAsync();
            // What was being committed may stand. Before that nothing was written, and the fault is one command's: its neighbours must not suffer for it.
            if (_committing || group.Count == 1)
                Refuse(group, _committing ? Problems.OutcomeUnknown() : Problems.Internal());
            else
                await EachAsync(group);
        }
    }

    private async Task EachAsync(List<PendingCommand> group)
    {
        foreach (var pending in group)
            await CommitOrRefuseAsync([pending]);
    }

    /// <summary>Learns the shard's epoch while the settings are at hand: a settings database that goes away later does not stop the writing.</summary>
    private async Task PrepareAsync()
    {
        while (_connection is null && _waiting.Count == 0 && !_stopping.IsCancellationRequested)
        {
            try
            {
                await ConnectAsync(_stopping.Token);
            }
            catch (Exception fault) when (IsLoss(fault) || _stopping.IsCancellationRequested)
            {
                // The database is away, or has no tables yet; a command that comes is told so.
                await DropConnectionAsync();
                await ((Task)Task.Delay(BetweenTries, clock, _stopping.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task CommitAsync(List<PendingCommand> group)
    {
        // Fresh creates need to know nothing of the database: their numbers' primary key tells when one was used before.
        var load = group.Exists(pending => pending.Command is not CreateTicket);
        for (var attempt = 1; ; attempt++)
        {
            PostgresException? refusal;
            try
            {
                refusal = await TryCommitAsync(group, load);
            }
            catch (UndecidableException fault)
            {
                LogFailed(logger, shard.Name, fault.InnerException!);
                Refuse([fault.Pending], Problems.Internal());
                await RollBackAsync();
                group = group.Where(pending => pending != fault.Pending).ToList();
                if (group.Count == 0)
                    return;
                attempt--;
                continue;
            }

            if (refusal is null)
                return;
            await RollBackAsync();
            if (attempt == MaxAttempts || !await IsWorthAnotherTryAsync(refusal))
            {
                await GiveUpAsync(group, refusal);
                return;
            }

            load = true;
        }
    }

    /// <returns>Why the database refused the group, with nothing written; null when every command has its answer.</returns>
    private async Task<PostgresException?> TryCommitAsync(List<PendingCommand> group, bool load)
    {
        _committing = false;
        try
        {
            await DecideAndWriteAsync(group, load);
            return null;
        }
        catch (PostgresException fault) when (!EndsTheSession(fault))
        {
            return fault;
        }
        catch (Exception fault) when (IsLoss(fault))
        {
            LogLost(logger, shard.Name, fault);
            _outcome = "unavailable";
            await DropConnectionAsync();
            Refuse(group, _committing ? Problems.OutcomeUnknown() : Away());
            return null;
        }
    }

    private async Task DecideAndWriteAsync(List<PendingCommand> group, bool load)
    {
        var session = await ConnectAsync();
        var loaded = load ? await LoadedGroup.ReadAsync(session, group) : new LoadedGroup();
        var now = Platform.Json.Rfc3339.Truncate(clock.GetUtcNow());
        var decisions = new GroupDecisions(loaded, shard.Name, now);
        foreach (var pending in group)
        {
            if (IsAtItsPlace(pending.Command))
                Decide(decisions, pending);
            else
                Refuse([pending], Problems.QueueMoving(pending.Command.Queue.Name));
        }

        if (!decisions.HasWrites)
        {
            if (load)
                await RollBackAsync();
            decisions.Answer(0);
            return;
        }

        await using var batch = GroupStatements.Write(session, decisions, inTransaction: load, _epoch, now);
        _committing = true;
        var (first, waited) = await GroupStatements.ExecuteAsync(batch, decisions.Ops.Count);
        _crowd.Saw(waited);
        decisions.Answer(first);
        WriterMetrics.CountChanges(decisions.Ops);
        if (decisions.Ops.Count > 0)
            OnCommitted?.Invoke(first + decisions.Ops.Count - 1);
        if (decisions.Lifecycle().IsUrgent)
            OnOrchestrationsWoken?.Invoke();
    }

    /// <exception cref="UndecidableException">What it left half done goes with the group's decisions.</exception>
    private static void Decide(GroupDecisions decisions, PendingCommand pending)
    {
        try
        {
            decisions.Decide(pending);
        }
        catch (Exception fault)
        {
            throw new UndecidableException(pending, fault);
        }
    }

    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancel = default)
    {
        if (_connection is not null)
            return _connection;
        var session = await shard.Database.OpenConnectionAsync(cancel);
        _connection = session;
        _epoch = await fence.ReadEpochAsync(shard.Name, session, cancel);
        return session;
    }

    // A claim belongs to the nonce's home, and a departure is cleared away where it began, wherever the queue is now. A create with a number was allowed by a claim
    // that was made under the settings it names: under newer ones the number is claimed anew.
    private bool IsAtItsPlace(TicketCommand command) =>
        command is ClaimNumber or FinishDeparture
        || (fence.Allows(shard.Name, command.Queue.QueueId, command.TicketId) && (command is not CreateTicket { Nonce: not null } || fence.IsCurrent(command.Queue)));

    /// <summary>Faults that another try mends: the world changed between the decision and the write.</summary>
    private async Task<bool> IsWorthAnotherTryAsync(PostgresException refusal)
    {
        switch (refusal.SqlState)
        {
            case PostgresErrorCodes.UniqueViolation:
            case PostgresErrorCodes.SerializationFailure:
            case PostgresErrorCodes.DeadlockDetected:
            case PostgresErrorCodes.LockNotAvailable:
                return true;
            // No opid: either the epoch is another one, or the log's next partition is not there.
            case PostgresErrorCodes.CheckViolation or PostgresErrorCodes.NotNullViolation when refusal.TableName is "oplog":
                return await MendAsync(MendOplogAsync);
            // The queue has its partitions since before anybody could know it, but this session has not heard of them.
            case PostgresErrorCodes.CheckViolation when refusal.TableName is "tickets" or "ticket_meta":
                return await MendAsync(QueueTables.HavePartitionsReadAnewAsync);
            default:
                return false;
        }
    }

    private async Task MendOplogAsync(NpgsqlConnection session)
    {
        _epoch = await fence.ReadEpochAsync(shard.Name, session);
        await Oplog.OplogPartitions.MakeAheadAsync(session);
    }

    private async Task<bool> MendAsync(Func<NpgsqlConnection, Task> mend)
    {
        try
        {
            await mend(await ConnectAsync());
            return true;
        }
        catch (PostgresException fault) when (fault.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            // Somebody else is at it.
            return true;
        }
        catch (Exception fault) when (IsLoss(fault))
        {
            LogLost(logger, shard.Name, fault);
            await DropConnectionAsync();
            return false;
        }
    }

    private Contracts.Problem Away() => Problems.Unavailable($"The database of shard '{shard.Name}' cannot be reached.");

    private static void Refuse(List<PendingCommand> group, Contracts.Problem problem) => Answers.Tell(group.ConvertAll(pending => (pending, (Result<Written>)problem)));

    private bool IsLoss(Exception fault) => ConnectionLoss.Is(fault, _connection?.State);

    // A session that is ended while it commits may have committed: its last words do not tell.
    private static bool EndsTheSession(PostgresException fault) =>
        fault.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow or IdleSessionTimeout or IdleInTransactionTimeout;

    /// <summary>One command's fault must not fail its neighbours: each is tried by itself.</summary>
    private async Task GiveUpAsync(List<PendingCommand> group, PostgresException fault)
    {
        if (group.Count > 1)
        {
            await EachAsync(group);
            return;
        }

        LogRefused(logger, shard.Name, fault.SqlState, fault);
        _outcome = "failed";
        var away = fault.IsTransient || fault.SqlState is PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.UndefinedTable;
        Refuse(group, away ? Away() : Problems.Internal());
    }

    private async Task RollBackAsync()
    {
        if (_connection is not { } session)
            return;
        try
        {
            await using var command = new NpgsqlCommand("rollback", session);
            await command.ExecuteNonQueryAsync();
        }
        catch (Exception fault) when (IsLoss(fault))
        {
            LogLost(logger, shard.Name, fault);
            await DropConnectionAsync();
        }
    }

    private async Task DropConnectionAsync()
    {
        if (_connection is { } lost)
        {
            _connection = null;
            await lost.DisposeAsync();
        }
    }

    /// <summary>A rule broke over a command: a bug, and the command's alone.</summary>
    private sealed class UndecidableException(PendingCommand pending, Exception inner) : Exception(inner.Message, inner)
    {
        public PendingCommand Pending => pending;
    }

    [LoggerMessage(500, LogLevel.Warning, "Lost the connection to shard {Shard}")]
    private static partial void LogLost(ILogger logger, string shard, Exception fault);

    [LoggerMessage(501, LogLevel.Error, "Shard {Shard} refused a command with SQL state {SqlState}")]
    private static partial void LogRefused(ILogger logger, string shard, string sqlState, Exception fault);

    [LoggerMessage(502, LogLevel.Critical, "The writer of shard {Shard} failed in a way that it does not know")]
    private static partial void LogFailed(ILogger logger, string shard, Exception fault);
}
