namespace Tickets.Bench.Hot;

/// <summary>How large and how long: the whole bench, or one that fits into three minutes and is only good for a first look.</summary>
/// <param name="Tickets">In the tables before anything is measured.</param>
/// <param name="FloorClients">The client counts of which the floor's best counts.</param>
/// <param name="Rounds">The floor and the product take turns this often; the medians count.</param>
/// <param name="FirstWarmUp">For each kind of request, once: until the runtime has compiled the app's busy paths for good.</param>
/// <param name="AtPeak">How long the app's memory is watched under full load.</param>
/// <param name="TicketsOfMany">In each of the many queues.</param>
internal sealed record HotTimes(
    long Tickets, IReadOnlyList<int> FloorClients, int Rounds, TimeSpan Floor, TimeSpan FirstWarmUp, TimeSpan WarmUp, TimeSpan Measured, TimeSpan AtPeak, int TicketsOfMany)
{
    public static readonly HotTimes Whole = new(
        1_000_000, [8, 16, 32], 3, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(10), 1000);

    public static readonly HotTimes Quick = new(
        200_000, [8, 16], 1, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(20), 200);
}
