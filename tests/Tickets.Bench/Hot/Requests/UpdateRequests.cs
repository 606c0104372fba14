using System.Text;
using Tickets.Bench.Hot.Floor;
using Tickets.Bench.Load;

namespace Tickets.Bench.Hot.Requests;

/// <summary><c>PATCH /tickets/{id}</c>: another status, an indexed field and the whole meta block, provided that the version is the one last seen.</summary>
/// <param name="connections">Each keeps to tickets of its own, so that none finds a version that another has changed.</param>
internal sealed class UpdateRequests(string key, TicketBook book, int connections) : IRequests
{
    private readonly RequestText _text = new(key);
    private readonly Random _random = new();
    private readonly byte[] _queue = Encoding.ASCII.GetBytes(HotQueues.Main);
    private readonly byte[] _meta = Encoding.UTF8.GetBytes(Payloads.Meta);
    private readonly (int Id, int Status)[] _underWay = new (int, int)[connections];

    public ReadOnlySpan<byte> Next(int connection)
    {
        var id = 1 + connection + (connections * _random.Next(book.Count / connections));
        var status = (book.Status(id) + 1 + _random.Next(HotQueues.Statuses - 1)) % HotQueues.Statuses;
        _underWay[connection] = (id, status);
        return _text.Begin("PATCH /api/v1/tickets/"u8).Append(id).Body()
            .Append("{\"queue\":\""u8).Append(_queue)
            .Append("\",\"expected\":{\"ticket.version\":"u8).Append(book.Version(id))
            .Append("},\"set\":{\"status\":\"s"u8).Append(status)
            .Append("\",\"indexed_meta.t2\":\"robot-18\",\"meta.task\":"u8).Append(_meta)
            .Append("}}"u8).End();
    }

    public void Answered(int connection, int status, ReadOnlySpan<byte> body)
    {
        if (status == 200)
            book.Updated(_underWay[connection].Id, _underWay[connection].Status);
    }
}
