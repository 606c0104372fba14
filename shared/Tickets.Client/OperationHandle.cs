using Tickets.Contracts;

namespace Tickets.Client;

/// <summary>A long operation on the server. It goes on there whatever becomes of this object; <see cref="Id"/> is all that is needed to find it again.</summary>
public sealed class OperationHandle
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly TicketsClient _client;
    private readonly TimeProvider _time;

    internal OperationHandle(TicketsClient client, string id, TimeProvider time) => (_client, Id, _time) = (client, id, time);

    public string Id { get; }

    /// <summary>How it stands now.</summary>
    public Task<Operation> GetAsync(CancellationToken cancel = default) => _client.GetOperationAsync(Id, cancel);

    /// <summary>Returns the operation when it has succeeded.</summary>
    /// <param name="progress">Told each time the operation is asked for, from the thread that waits.</param>
    /// <param name="cancel">Stops waiting; the operation goes on. <see cref="CancelAsync"/> stops the operation.</param>
    /// <exception cref="TicketsOperationException">It failed, or was cancelled.</exception>
    public async Task<Operation> WaitAsync(IProgress<Operation>? progress = null, CancellationToken cancel = default)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var operation = await GetAsync(cancel);
            progress?.Report(operation);
            switch (operation.Status)
            {
                case "succeeded":
                    return operation;
                case "failed" or "canceled":
                    throw new TicketsOperationException(operation);
            }

            await Task.Delay(pause, _time, cancel);
        }
    }

    /// <summary>Asks it to stop; it may have succeeded before it hears of that.</summary>
    public Task<Operation> CancelAsync(CancellationToken cancel = default) => _client.CancelOperationAsync(Id, cancel);

    /// <summary>The tickets that a scan has found.</summary>
    public IAsyncEnumerable<Ticket> ReadResultAsync(CancellationToken cancel = default) => _client.ReadResultAsync(Id, cancel);
}
