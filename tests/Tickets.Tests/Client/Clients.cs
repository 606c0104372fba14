using Tickets.Client;

namespace Tickets.Tests.Client;

internal static class Clients
{
    public const string Key = "tk_test_secret";

    public static TicketsClient For(ScriptedServer server, Func<TicketsClientOptions, TicketsClientOptions>? change = null) => For(server.Address, change);

    public static TicketsClient For(Uri address, Func<TicketsClientOptions, TicketsClientOptions>? change = null)
    {
        var options = new TicketsClientOptions { Address = address, Key = Key, RetryFor = TimeSpan.FromSeconds(20) };
        return new TicketsClient(change is null ? options : change(options));
    }
}
