using Azure.Core;
using Azure.Core.Pipeline;

namespace Tickets.Tests.Archive;

/// <summary>The process "dies" at its n-th storage request: before it is sent, or after it was carried out but before the answer arrives. All later requests fail too.</summary>
internal sealed class StorageFault(int request, bool executed) : HttpPipelinePolicy
{
    private int _requests;

    public int Requests => _requests;
    public bool Fired => _requests >= request;

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var number = Interlocked.Increment(ref _requests);
        if (number > request || (number == request && !executed))
            throw new DeadProcessException();
        await ProcessNextAsync(message, pipeline);
        if (number == request)
            throw new DeadProcessException();
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
}

internal sealed class DeadProcessException() : Exception("the process died here");

/// <summary>Counts requests and lets a test see or change each.</summary>
internal sealed class StorageWatch(Func<HttpMessage, Task>? before = null, Action<HttpMessage>? after = null) : HttpPipelinePolicy
{
    private int _requests;

    public int Requests => _requests;

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        Interlocked.Increment(ref _requests);
        if (before is not null)
            await before(message);
        await ProcessNextAsync(message, pipeline);
        after?.Invoke(message);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
}
