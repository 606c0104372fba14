namespace Tickets.Core.Platform.Tables;

/// <summary>What happens to properties that the update does not name.</summary>
public enum TableUpdateMode
{
    /// <summary>They stay.</summary>
    Merge,

    /// <summary>They go.</summary>
    Replace,
}
