using System.Buffers.Binary;
using System.Text.Json;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Archive.Scan;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Client;
using Tickets.Core.Platform;

namespace Tickets.Core.Operations;

/// <summary>
/// Long operations: started, asked after, cancelled and listed alike, whatever they do. Each is a durable orchestration on the settings database, so it goes on where it was when a
/// process dies. A caller sees those of the queues it reaches.
/// </summary>
public sealed class LongOperations(TaskHubs hubs, NpgsqlDataSource settings, ResultFiles results, TimeProvider clock) : IDisposable
{
    /// <summary>How long an operation that has ended, and what it left, is kept at least.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    // Of the lock in the settings database: the bytes of "oper".
    private const int StartClass = 0x6f706572;
    private const string IdPrefix = "op-";
    private const string KindTag = "operation";
    private const string QueueTag = "queue";
    private const string KeyTag = "key";
    private const int PageSize = 100;
    private static readonly OrchestrationRuntimeStatus[] UnderWay =
        [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended, OrchestrationRuntimeStatus.Parked];

    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _starting = new(1, 1);

    private DurableTaskClient Client => hubs.Settings.Client;

    /// <returns>The operation, not started; 429 when the key has as many of the kind under way as it may.</returns>
    public async Task<Result<Operation>> StartAsync(OperationKind kind, string queue, object input, Caller caller, CancellationToken cancel)
    {
        // One after the other, in all processes, or many at once would all find room. One of this process at a time: each holds a connection meanwhile.
        await _starting.WaitAsync(cancel);
        try
        {
            var name = (StartClass, BinaryPrimitives.ReadInt32LittleEndian(ContentHash.Of($"{kind.Name} {caller.KeyId}").ToByteArray()));
            await using var turn = await AdvisoryLock.WaitAsync(() => AdvisoryLock.TryTakeAsync(settings, name, shared: false, cancel), Patience, "Operations have been started", clock, cancel);
            var running = await Client.ListInstancesAsync(
                new OrchestrationQuery
                {
                    InstanceIdPrefix = IdPrefix,
                    Statuses = UnderWay,
                    Tags = new Dictionary<string, string> { [KindTag] = kind.Name, [KeyTag] = caller.KeyId },
                    PageSize = kind.AtOnce,
                },
                cancel);
            if (running.Values.Count >= kind.AtOnce)
                return Problems.TooManyOperations(kind.Name, kind.AtOnce);
            var now = clock.GetUtcNow();
            var id = IdPrefix + Guid.CreateVersion7(now).ToString("n");
            await Client.ScheduleNewOrchestrationInstanceAsync(
                kind.Orchestrator,
                input,
                new StartOrchestrationOptions(id) { Tags = new Dictionary<string, string> { [KindTag] = kind.Name, [QueueTag] = queue, [KeyTag] = caller.KeyId } },
                cancel);
            return new Operation { Id = id, Kind = kind.Name, Status = "not_started", Queue = queue, CreatedAt = Platform.Json.Rfc3339.Truncate(now) };
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>An operation of the kind that a queue is in, if there is one.</summary>
    public async Task<string?> UnderWayAsync(OperationKind kind, string queue, CancellationToken cancel)
    {
        var running = await Client.ListInstancesAsync(
            new OrchestrationQuery { InstanceIdPrefix = IdPrefix, Statuses = UnderWay, Tags = new Dictionary<string, string> { [KindTag] = kind.Name, [QueueTag] = queue }, PageSize = 1 }, cancel);
        return running.Values.Count > 0 ? running.Values[0].InstanceId : null;
    }

    public async Task<Result<Operation>> GetAsync(string id, Caller caller, CancellationToken cancel) =>
        await FindAsync(id, caller, cancel) is { } found ? found : Problems.OperationNotFound(id);

    /// <summary>Newest first, a page at a time; a page may be shorter than it could be, or empty, and yet not the last.</summary>
    /// <param name="status">As operations show it; null for all.</param>
    public async Task<Result<OperationList>> ListAsync(string? status, string? cursor, Caller caller, CancellationToken cancel)
    {
        if (status is not null && StatusesOf(status) is null)
            return Problems.InvalidParameter("status", "expected not_started, running, succeeded, failed or canceled.");
        try
        {
            var page = await Client.ListInstancesAsync(
                new OrchestrationQuery
                {
                    InstanceIdPrefix = IdPrefix,
                    Statuses = status is null ? null : StatusesOf(status),
                    FetchInputsAndOutputs = true,
                    PageSize = PageSize,
                    ContinuationToken = cursor,
                },
                cancel);
            // An operation that could not be done has ended well as an orchestration.
            var shown = page.Values.Where(instance => Reaches(caller, instance)).Select(Read).Where(operation => status is null || operation.Status == status).ToList();
            return new OperationList(shown, page.ContinuationToken);
        }
        catch (ArgumentException)
        {
            return Problems.InvalidCursor("The cursor was not issued by this list.");
        }
    }

    /// <summary>Ends it at its next step; what it has done stays done, unless its kind gives up. One that has ended stays as it is.</summary>
    public async Task<Result<Operation>> CancelAsync(string id, Caller caller, CancellationToken cancel)
    {
        if (await FindAsync(id, caller, cancel) is not { } operation)
            return Problems.OperationNotFound(id);
        if (OperationKind.All.Single(kind => kind.Name == operation.Kind).GivesUp)
            await Client.RaiseEventAsync(id, OperationKind.CancelEvent, cancellation: cancel);
        else
            await Client.TerminateInstanceAsync(id, recursive: true, cancellation: cancel);
        return await GetAsync(id, caller, cancel);
    }

    /// <summary>The pieces of its result, NDJSON; 409 while it is not there.</summary>
    public async Task<Result<OperationResult>> ResultAsync(string id, Caller caller, CancellationToken cancel)
    {
        if (await FindAsync(id, caller, cancel) is not { } operation)
            return Problems.OperationNotFound(id);
        if (operation.Kind != OperationKind.Scan.Name)
            return Problems.NotFound($"An operation of kind '{operation.Kind}' leaves no file; what it answers is its result member.");
        return operation.Status == "succeeded" ? new OperationResult(results.ReadAsync(id, cancel)) : Problems.OperationNotFinished(id, operation.Status);
    }

    /// <summary>Forgets operations, and their results, that nobody is promised any more.</summary>
    public async Task<int> ForgetAsync(CancellationToken cancel)
    {
        var before = clock.GetUtcNow() - Kept - TimeSpan.FromDays(1);
        var forgotten = await results.DeleteOlderAsync(before, cancel);
        foreach (var kind in OperationKind.All)
            forgotten += await Client.PurgeAllInstancesAsync(new PurgeInstancesFilter { CompletedTo = before, Name = kind.Orchestrator }, cancel);
        return forgotten;
    }

    public void Dispose() => _starting.Dispose();

    private async Task<Operation?> FindAsync(string id, Caller caller, CancellationToken cancel) =>
        id.StartsWith(IdPrefix, StringComparison.Ordinal) && id.Length <= 64 && await Client.GetInstanceAsync(id, getInputsAndOutputs: true, cancel) is { } found && Reaches(caller, found)
            ? Read(found)
            : null;

    private static bool Reaches(Caller caller, OrchestrationMetadata instance) => caller.Reaches(instance.Tags.GetValueOrDefault(QueueTag, ""));

    private static Operation Read(OrchestrationMetadata instance)
    {
        var outcome = instance.RuntimeStatus == OrchestrationRuntimeStatus.Completed ? JsonSerializer.Deserialize<OperationOutcome>(instance.SerializedOutput ?? "{}", Web) : null;
        var error = outcome?.Error ?? (instance.FailureDetails is { } failure ? new OperationError(ProblemCodes.Internal, failure.ErrorMessage) : null);
        return new Operation
        {
            Id = instance.InstanceId,
            Kind = instance.Tags.GetValueOrDefault(KindTag, ""),
            Queue = instance.Tags.GetValueOrDefault(QueueTag),
            Status = error is not null ? "failed" : outcome is { IsCanceled: true } ? "canceled" : instance.RuntimeStatus switch
            {
                OrchestrationRuntimeStatus.Pending => "not_started",
                OrchestrationRuntimeStatus.Completed => "succeeded",
                OrchestrationRuntimeStatus.Failed => "failed",
                OrchestrationRuntimeStatus.Terminated => "canceled",
                _ => "running",
            },
            Progress = instance.SerializedCustomStatus is { } progress ? JsonSerializer.Deserialize<OperationProgress>(progress, Web) : null,
            Result = outcome?.Result,
            Error = error,
            CreatedAt = instance.CreatedAt,
            CompletedAt = instance.CompletedAt,
        };
    }

    private static OrchestrationRuntimeStatus[]? StatusesOf(string status) => status switch
    {
        "not_started" => [OrchestrationRuntimeStatus.Pending],
        "running" => [OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended, OrchestrationRuntimeStatus.Parked],
        "succeeded" => [OrchestrationRuntimeStatus.Completed],
        "failed" => [OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Completed],
        "canceled" => [OrchestrationRuntimeStatus.Terminated, OrchestrationRuntimeStatus.Completed],
        _ => null,
    };
}

/// <param name="Pieces">NDJSON, one after the other.</param>
public sealed record OperationResult(IAsyncEnumerable<Stream> Pieces);
