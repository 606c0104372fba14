using Tickets.Bench.Load;

namespace Tickets.Bench.Hot.Requests;

/// <summary><c>POST /nonces</c> for lists of them.</summary>
internal sealed class NonceRequests : IRequests
{
    public const int Each = 100;

    private readonly byte[] _request;

    public NonceRequests(string key) =>
        _request = new RequestText(key).Begin("POST /api/v1/nonces"u8).Body().Append("{\"count\":"u8).Append(Each).Append("}"u8).End().ToArray();

    public ReadOnlySpan<byte> Next(int connection) => _request;
}
