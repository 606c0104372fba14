namespace Tickets.Chaos.Faults;

/// <summary>SIGKILL, as the Functions host does; another process takes the place.</summary>
internal sealed class KillApp(Fleet fleet) : IFault
{
    public string Name => "kill app";

    public async Task StrikeAsync(Random random)
    {
        var place = random.Next(fleet.Count);
        await fleet.KillAsync(place);
        await fleet.StartAsync(place);
    }
}

/// <summary>SIGSTOP for a while: it wakes up and goes on with what others may have taken over.</summary>
/// <param name="forMilliseconds">At the least, and at the most.</param>
internal sealed class FreezeApp(Fleet fleet, (int Least, int Most) forMilliseconds) : IFault
{
    public string Name => "freeze app";

    public async Task StrikeAsync(Random random)
    {
        var app = fleet[random.Next(fleet.Count)];
        Signals.Freeze(app.Pid);
        try
        {
            await Task.Delay(random.Next(forMilliseconds.Least, forMilliseconds.Most));
        }
        finally
        {
            Signals.Thaw(app.Pid);
        }
    }
}
