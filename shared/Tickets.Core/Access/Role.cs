namespace Tickets.Core.Access;

/// <summary>What an API key is for. Each role may do what its <see cref="Permission"/>s say, on the queues its prefixes cover.</summary>
public enum Role
{
    /// <summary>Reads tickets, the change log and settings.</summary>
    Reader,

    /// <summary>A reader that also creates and updates tickets.</summary>
    Robot,

    /// <summary>A robot that also runs operations: scans, restores, moves.</summary>
    Operator,

    /// <summary>Everything, settings included.</summary>
    Admin,

    /// <summary>A robot that may also give <c>created_at</c>.</summary>
    Import,
}

/// <summary>What a route asks of its caller.</summary>
public enum Permission
{
    Read,
    Write,
    Import,
    Operate,
    Administer,
}

/// <summary>Roles as they are written: in small letters.</summary>
public static class RoleNames
{
    private static readonly Dictionary<string, Role> Known = Enum.GetValues<Role>().ToDictionary(Text, role => role, StringComparer.Ordinal);

    public static string All { get; } = string.Join(", ", Known.Keys);

    public static string Text(this Role role) => role.ToString().ToLowerInvariant();

    /// <returns>Null when there is no such role.</returns>
    public static Role? Parse(string text) => Known.TryGetValue(text, out var role) ? role : null;
}
