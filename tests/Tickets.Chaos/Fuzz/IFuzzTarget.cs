namespace Tickets.Chaos.Fuzz;

/// <summary>Something that reads what others send.</summary>
internal interface IFuzzTarget
{
    string Name { get; }

    /// <summary>Makes one input and feeds it.</summary>
    /// <returns>Null when it was taken or refused as it should be; else what was wrong, with the input.</returns>
    Task<string?> TryAsync(Random random);
}
