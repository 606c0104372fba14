namespace Tickets.Core.Archive.Format;

/// <summary>A part is in the storage account's archive tier: nothing of it can be read before it was brought back, which takes hours.</summary>
public sealed class OfflinePartException(string part, Exception? cause = null) : Exception($"The cold part '{part}' is in an access tier that cannot be read.", cause)
{
    public string Part { get; } = part;
}
