namespace Tickets.Core.Access;

/// <summary>Who calls, as proven by an API key or by a token of the issuer.</summary>
/// <param name="KeyId">The public part of the key; for a token <c>token:</c> and its subject.</param>
/// <param name="QueuePrefixes">Queues reached: a prefix covers the queue of that name and all below it (<c>hiring</c> covers <c>hiring/www</c>); the empty prefix covers all.</param>
public sealed record Caller(string KeyId, Role Role, IReadOnlyList<string> QueuePrefixes)
{
    /// <summary>Null: as many requests as it likes.</summary>
    public RequestLimits? Limits { get; init; }

    /// <summary>When the proof ends by itself; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public bool May(Permission permission) => permission switch
    {
        Permission.Read => true,
        Permission.Write => Role is Role.Robot or Role.Operator or Role.Admin or Role.Import,
        Permission.Import => Role is Role.Import or Role.Admin,
        Permission.Operate => Role is Role.Operator or Role.Admin,
        Permission.Administer => Role is Role.Admin,
        _ => false,
    };

    public bool Reaches(string queue)
    {
        foreach (var prefix in QueuePrefixes)
        {
            if (prefix.Length == 0 || queue == prefix
                || (queue.Length > prefix.Length && queue[prefix.Length] == '/' && queue.StartsWith(prefix, StringComparison.Ordinal)))
                return true;
        }

        return false;
    }

    /// <summary>Whether all that a key with these prefixes would reach is in reach.</summary>
    public bool ReachesAllOf(IEnumerable<string> prefixes) => prefixes.All(Reaches);

    public bool ReachesAll => QueuePrefixes.Contains("");
}
