using System.Text;
using Tickets.Bench.Load;

namespace Tickets.Bench.Hot.Requests;

/// <summary><c>POST /tickets/find</c> by an indexed field that about five tickets share, with the columns that the floor reads.</summary>
internal sealed class FindRequests(string key, IReadOnlyList<string> queues, long keys) : IRequests
{
    private readonly RequestText _text = new(key);
    private readonly Random _random = new();
    private readonly byte[][] _queues = [.. queues.Select(Encoding.ASCII.GetBytes)];

    public ReadOnlySpan<byte> Next(int connection) =>
        _text.Begin("POST /api/v1/tickets/find"u8).Body()
            .Append("{\"query\":{\"queue\":\""u8).Append(_queues[_random.Next(_queues.Length)])
            .Append("\",\"indexed_meta\":{\"n1\":"u8).Append(_random.NextInt64(keys))
            .Append("}},\"projection\":[\"ticket_id\",\"status\",\"version\",\"indexed_meta\"],\"limit\":10}"u8).End();
}
