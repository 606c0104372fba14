using Tickets.Chaos.Histories;

namespace Tickets.Tests.Chaos;

/// <summary>Short histories written by hand.</summary>
internal static class Histories
{
    private static long _number;

    public static Operation Create(string value, long from, long to) => New("create", from, to, EventKind.Ok, value, 1, null);

    public static Operation Update(string value, long expected, long from, long to, EventKind outcome = EventKind.Ok) =>
        New("update", from, to, outcome, value, outcome == EventKind.Ok ? expected + 1 : null, expected);

    public static Operation Read(string value, long version, long from, long to) => New("read", from, to, EventKind.Ok, value, version, null);

    private static Operation New(string op, long from, long to, EventKind outcome, string value, long? version, long? expected) =>
        new(++_number, 1, op, "t", from, outcome == EventKind.Unknown ? long.MaxValue : to, to, outcome, value, version, expected, null);
}
