namespace Tickets.Chaos.Faults;

/// <summary>Something that the nemesis does; when it returns, what it broke answers again.</summary>
internal interface IFault
{
    /// <summary>Such as <c>kill postgres</c>.</summary>
    string Name { get; }

    Task StrikeAsync(Random random);
}
