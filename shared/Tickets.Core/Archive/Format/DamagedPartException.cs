namespace Tickets.Core.Archive.Format;

/// <summary>A part does not hold what it must. <see cref="Part"/> names it; <see cref="Offset"/> is where in it, in stored bytes.</summary>
public sealed class DamagedPartException : Exception
{
    public DamagedPartException(string part, long offset, string fault, Exception? cause = null)
        : base($"The cold part '{part}' is damaged at byte {offset}: {fault}", cause) => (Part, Offset) = (part, offset);

    public string Part { get; }
    public long Offset { get; }
}
