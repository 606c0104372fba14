using System.Text;
using Tickets.Bench.Hot.Floor;
using Tickets.Bench.Load;

namespace Tickets.Bench.Hot.Requests;

/// <summary><c>POST /tickets/bulk</c> with lists of creates.</summary>
internal sealed class BulkRequests(string key, NonceStock nonces, long keys) : IRequests
{
    public const int Creates = 100;

    private readonly RequestText _text = new(key);
    private readonly Random _random = new();
    private readonly byte[] _queue = Encoding.ASCII.GetBytes(HotQueues.Main);
    private readonly byte[] _meta = Encoding.UTF8.GetBytes(Payloads.Meta);

    public ReadOnlySpan<byte> Next(int connection)
    {
        _text.Begin("POST /api/v1/tickets/bulk"u8).Body().Append("{\"items\":["u8);
        for (var i = 0; i < Creates; i++)
        {
            _text.Append(i == 0 ? "{\"create\":{\"nonce\":\""u8 : ",{\"create\":{\"nonce\":\""u8).Append(nonces.Take()).Append("\","u8);
            TicketBody.Append(_text, _random, _queue, keys, _meta);
            _text.Append("}}"u8);
        }

        return _text.Append("]}"u8).End();
    }

    /// <summary>A 200 only says that the list was read: its items succeed or fail one by one.</summary>
    public void Answered(int connection, int status, ReadOnlySpan<byte> body)
    {
        if (status == 200 && body.IndexOf("\"code\":"u8) >= 0)
            throw new BenchException($"An item of a bulk create was refused: {Encoding.UTF8.GetString(body[..Math.Min(body.Length, 2000)])}");
    }
}
