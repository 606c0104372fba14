using System.Text;
using Tickets.Bench.Load;

namespace Tickets.Chaos.Running;

/// <summary><c>POST /tickets</c> into one queue, without nonces: for loads whose requests are never repeated.</summary>
internal sealed class CreateLoad(string key, string queue) : IRequests
{
    private readonly byte[] _request = new RequestText(key).Begin("POST /api/v1/tickets"u8).Body()
        .Append(Encoding.UTF8.GetBytes($$"""{"queue": "{{queue}}", "meta": {"report": {"text": "A gull in engine 2, seen from the tower."} }, "indexed_meta": {"number": 7} }""")).End().ToArray();

    public ReadOnlySpan<byte> Next(int connection) => _request;
}
