namespace Tickets.Core.Access;

/// <summary>Who calls, as proven by an API key.</summary>
/// <param name="KeyId">The public part of the key.</param>
/// <param name="QueuePrefixes">Queues reached: a prefix covers the queue of that name and all below it (<c>hiring</c> covers <c>hiring/www</c>); the empty prefix covers all.</param>
public sealed record Caller(string KeyId, Role Role, IReadOnlyList<string> QueuePrefixes)
{
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

    public bool ReachesAll => QueuePrefixes.Contains("");
}
