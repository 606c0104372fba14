using System.Text;
using Tickets.Bench.Hot.Floor;
using Tickets.Bench.Load;

namespace Tickets.Bench.Hot.Requests;

/// <summary><c>POST /tickets</c> with a nonce and the floor's contents.</summary>
/// <param name="queues">Each request goes to one of them at random.</param>
internal sealed class CreateRequests(string key, NonceStock nonces, IReadOnlyList<string> queues, long keys) : IRequests
{
    private readonly RequestText _text = new(key);
    private readonly Random _random = new();
    private readonly byte[][] _queues = [.. queues.Select(Encoding.ASCII.GetBytes)];
    private readonly byte[] _meta = Encoding.UTF8.GetBytes(Payloads.Meta);

    public ReadOnlySpan<byte> Next(int connection)
    {
        _text.Begin("POST /api/v1/tickets"u8).Body().Append("{\"nonce\":\""u8).Append(nonces.Take()).Append("\","u8);
        TicketBody.Append(_text, _random, _queues[_random.Next(_queues.Length)], keys, _meta);
        return _text.Append("}"u8).End();
    }
}
