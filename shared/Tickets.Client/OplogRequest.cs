namespace Tickets.Client;

/// <summary>Where and how to read the change log.</summary>
public sealed record OplogRequest
{
    /// <summary>The cursor that follows the newest op.</summary>
    public const string Now = "now";

    /// <summary>Null reads from the oldest op kept; <see cref="Now"/> from here on; else the <c>next_cursor</c> of an earlier page.</summary>
    public string? Cursor { get; init; }

    /// <summary>Most ops in a page; the server's default is 100.</summary>
    public int? MaxOps { get; init; }

    /// <summary>Only the ops of this queue.</summary>
    public string? Queue { get; init; }

    /// <summary>How long the server may wait for a first op before it answers an empty page; whole seconds.</summary>
    public TimeSpan Wait { get; init; }
}
