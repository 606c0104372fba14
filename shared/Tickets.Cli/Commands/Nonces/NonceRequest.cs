using System.Text.Json.Nodes;
using Tickets.Client;

namespace Tickets.Cli;

internal static class NonceRequest
{
    public static TicketsRequest Take(int count) => new(HttpMethod.Post, "/nonces")
    {
        Body = new JsonBody(new JsonObject { ["count"] = count }).ToBytes(),
        SafeToRepeat = true,
    };
}
