namespace Tickets.Bench.Hot.Floor;

/// <summary>One of the floor's transactions.</summary>
/// <param name="TicketsEach">How many tickets one transaction writes or one statement asks for.</param>
internal sealed record FloorScript(string File, int TicketsEach = 1)
{
    public static readonly FloorScript Create = new("create.sql");
    public static readonly FloorScript Update = new("update.sql");
    public static readonly FloorScript Find = new("find.sql");
    public static readonly FloorScript Create100 = new("create100.sql", 100);
}
