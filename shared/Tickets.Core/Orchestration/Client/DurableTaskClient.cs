using System.Diagnostics;
using Npgsql;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Client;

/// <summary>
/// Starts, tells, ends and asks after the orchestrations of a task hub. Methods that take a transaction write in it and take effect when it commits;
/// <see cref="TaskHub.Wake"/> afterwards saves this process's worker from finding out by itself.
/// </summary>
public sealed class DurableTaskClient
{
    private const int MaxAttempts = 5;

    private readonly HubDatabase _database;
    private readonly HubWriter _writer;
    private readonly InstanceReads _reads;
    private readonly Completions _completions;
    private readonly Action<string?> _changed;
    private readonly TimeProvider _clock;

    internal DurableTaskClient(HubDatabase database, HubWriter writer, InstanceReads reads, Completions completions, Action<string?> changed, TimeProvider clock) =>
        (_database, _writer, _reads, _completions, _changed, _clock) = (database, writer, reads, completions, changed, clock);

    private DateTimeOffset Now => Platform.Json.Rfc3339.Truncate(_clock.GetUtcNow());

    /// <returns>The instance's id.</returns>
    /// <exception cref="OrchestrationAlreadyExistsException">The id is taken; see <see cref="StartOrchestrationOptions.DedupeStatuses"/>.</exception>
    /// <exception cref="OutcomeUnknownException">The connection was lost; with an id of the caller's, trying again tells.</exception>
    public async Task<string> ScheduleNewOrchestrationInstanceAsync(TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        var start = Start(orchestratorName, input, options);
        if (options?.DedupeStatuses is { } dedupe)
            await ReplaceAsync(start, dedupe, cancellation);
        else if (!await _writer.WriteAsync(new StartChange(start)))
            throw new OrchestrationAlreadyExistsException(start.InstanceId);
        OrchestrationMetrics.Started.Add(1, OrchestrationMetrics.Named(orchestratorName.Name));
        return start.InstanceId;
    }

    /// <summary>As part of the caller's transaction.</summary>
    /// <exception cref="OrchestrationAlreadyExistsException">The id is taken; the transaction is none the worse for it.</exception>
    public async Task<string> ScheduleNewOrchestrationInstanceAsync(NpgsqlTransaction transaction, TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        var start = Start(orchestratorName, input, options);
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction);
        batch.BatchCommands.Add(OrchestrationStatements.StartCommand([start], Now, returning: true));
        _completions.Forget(start.InstanceId);
        return await batch.ExecuteScalarAsync(cancellation) as string ?? throw new OrchestrationAlreadyExistsException(start.InstanceId);
    }

    /// <returns>False when the orchestration has ended or never was; the event is dropped then.</returns>
    public Task<bool> RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return _writer.WriteAsync(new MessageChange(OrchestrationMessage.Of(OrchestrationEvent.Of(instanceId, eventName, eventPayload))));
    }

    /// <summary>As part of the caller's transaction, which from here on holds the instance against others.</summary>
    public async Task<bool> RaiseEventAsync(NpgsqlTransaction transaction, string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction);
        batch.BatchCommands.Add(OrchestrationStatements.Hold([instanceId]));
        batch.BatchCommands.Add(OrchestrationStatements.MessageCommand([OrchestrationMessage.Of(OrchestrationEvent.Of(instanceId, eventName, eventPayload))], Now, returning: true));
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation);
    }

    /// <summary>Ends it now, whatever it is doing; running activities are told by their tokens.</summary>
    /// <param name="recursive">Its sub-orchestrations too.</param>
    /// <returns>False when there was nothing to end.</returns>
    public async Task<bool> TerminateInstanceAsync(string instanceId, object? output = null, bool recursive = false, CancellationToken cancellation = default)
    {
        var ended = 0;
        int last;
        do
        {
            ended += last = await InTransactionAsync("terminate", connection => Terminations.EndAsync(connection, instanceId, Payload.From(output), recursive, Now, cancellation), cancellation);
        }
        while (last > 0 && recursive);
        _changed(instanceId);
        return ended > 0;
    }

    /// <summary>As part of the caller's transaction.</summary>
    public async Task<bool> TerminateInstanceAsync(NpgsqlTransaction transaction, string instanceId, object? output = null, bool recursive = false, CancellationToken cancellation = default) =>
        await Terminations.EndAsync(transaction.Connection!, instanceId, Payload.From(output), recursive, Now, cancellation) > 0;

    /// <summary>Leaves it alone until it is resumed; what comes in meanwhile is kept.</summary>
    public async Task<bool> SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        var rows = await _database.ExecuteAsync(
            "suspend",
            """
            update orchestration_ready set stalled = 1, reason = nullif($2, ''), due_at = case when owner is null then 'infinity'::timestamptz else due_at end
            where instance_id = $1 and stalled is null
            """,
            [Sql.Value(instanceId), Sql.Value(reason ?? "")],
            cancellation);
        _changed(instanceId);
        return rows > 0;
    }

    /// <summary>Lets a suspended or parked orchestration go on.</summary>
    public async Task<bool> ResumeInstanceAsync(string instanceId, CancellationToken cancellation = default)
    {
        var rows = await _database.ExecuteAsync(
            "resume",
            """
            update orchestration_ready set stalled = null, reason = null, attempts = 0, due_at = case when owner is null then greatest($2, not_before) else due_at end
            where instance_id = $1 and stalled is not null
            """,
            [Sql.Value(instanceId), Sql.Value(Now)],
            cancellation);
        _changed(instanceId);
        return rows > 0;
    }

    public Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        _reads.FindAsync(instanceId, getInputsAndOutputs, cancellation);

    public IAsyncEnumerable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null, CancellationToken cancellation = default) =>
        _reads.AllAsync(filter ?? new OrchestrationQuery(), cancellation);

    /// <exception cref="ArgumentException">The continuation token is not one.</exception>
    public Task<Page<OrchestrationMetadata>> ListInstancesAsync(OrchestrationQuery query, CancellationToken cancellation = default) => _reads.ListAsync(query, cancellation);

    /// <summary>The steps of the current execution, oldest first.</summary>
    public async Task<IReadOnlyList<HistoryStep>> GetOrchestrationHistoryAsync(string instanceId, CancellationToken cancellation = default) => await _reads.HistoryAsync(instanceId, cancellation);

    /// <exception cref="OperationCanceledException">It has not ended by then.</exception>
    public Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(string instanceId, CancellationToken cancellation = default) => _completions.WaitAsync(instanceId, cancellation);

    /// <exception cref="OperationCanceledException">It has not run a step by then.</exception>
    public async Task<OrchestrationMetadata> WaitForInstanceStartAsync(string instanceId, CancellationToken cancellation = default)
    {
        while (true)
        {
            if (await GetInstanceAsync(instanceId, getInputsAndOutputs: true, cancellation) is { RuntimeStatus: not OrchestrationRuntimeStatus.Pending } started)
                return started;
            await Task.Delay(TimeSpan.FromMilliseconds(50), _clock, cancellation);
        }
    }

    /// <summary>Forgets an orchestration that has ended, with its history.</summary>
    /// <param name="recursive">With its sub-orchestrations that have ended.</param>
    /// <returns>How many were forgotten.</returns>
    public Task<int> PurgeInstanceAsync(string instanceId, bool recursive = false, CancellationToken cancellation = default) =>
        Purges.OneAsync(_database, instanceId, recursive, cancellation);

    /// <summary>Forgets all that have ended and match, some thousands a transaction.</summary>
    public Task<int> PurgeAllInstancesAsync(PurgeInstancesFilter filter, CancellationToken cancellation = default) => Purges.AllAsync(_database, filter, cancellation);

    /// <summary>Starts it again with the same input: under its own id, when it has ended, or under a new one.</summary>
    /// <returns>The id.</returns>
    /// <exception cref="OrchestrationStateException">There is no such orchestration, or it has not ended.</exception>
    public async Task<string> RestartAsync(string instanceId, bool restartWithNewInstanceId = false, CancellationToken cancellation = default)
    {
        var old = await GetInstanceAsync(instanceId, getInputsAndOutputs: true, cancellation) ?? throw new OrchestrationStateException($"There is no orchestration '{instanceId}'.");
        var start = new OrchestrationStart(restartWithNewInstanceId ? NewId() : instanceId, old.Name, old.SerializedInput) { Version = old.Version, Tags = old.Tags };
        if (restartWithNewInstanceId)
            await _writer.WriteAsync(new StartChange(start));
        else if (old.IsRunning)
            throw new OrchestrationStateException($"Orchestration '{instanceId}' has not ended.");
        else
            await ReplaceAsync(start, [OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Suspended, OrchestrationRuntimeStatus.Parked], cancellation);
        return start.InstanceId;
    }

    /// <summary>Lets a failed orchestration try again what failed: its failed activities and sub-orchestrations, and those below.</summary>
    /// <exception cref="OrchestrationStateException">It has not failed.</exception>
    public async Task RewindInstanceAsync(string instanceId, CancellationToken cancellation = default)
    {
        await InTransactionAsync("rewind", connection => Rewind.RunAsync(connection, instanceId, Now, cancellation), cancellation);
        _completions.Forget(instanceId);
        _changed(instanceId);
    }

    private OrchestrationStart Start(TaskName name, object? input, StartOrchestrationOptions? options)
    {
        var id = options?.InstanceId ?? NewId();
        InstanceIds.Check(id, nameof(options), InstanceIds.MaxGiven);
        return new OrchestrationStart(id, name, Payload.From(input)) { Version = options?.Version ?? "", StartAt = options?.StartAt, Tags = options?.Tags, TraceParent = Activity.Current?.Id };
    }

    /// <summary>What several rows' locks are needed for may meet another that takes them in another order: the database ends one of the two, and it tries again.</summary>
    private async Task<T> InTransactionAsync<T>(string access, Func<NpgsqlConnection, Task<T>> run, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await _database.RunAsync(
                    access,
                    async connection =>
                    {
                        await using var transaction = await connection.BeginTransactionAsync(cancel);
                        var result = await run(connection);
                        await transaction.CommitAsync(cancel);
                        return result;
                    },
                    cancel);
            }
            catch (PostgresException fault) when (attempt < MaxAttempts && fault.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure)
            {
                // Nothing was written.
            }
        }
    }

    private string NewId() => Guid.CreateVersion7(_clock.GetUtcNow()).ToString("n");

    private async Task ReplaceAsync(OrchestrationStart start, IReadOnlyList<OrchestrationRuntimeStatus> dedupe, CancellationToken cancel)
    {
        await InTransactionAsync("replace", connection => Replacement.RunAsync(connection, start, dedupe, Now, cancel), cancel);
        _completions.Forget(start.InstanceId);
        _changed(start.InstanceId);
    }
}
