using Tickets.Core.Access;

namespace Tickets.Functions.Access;

/// <summary>
/// What the claims of a proven identity allow here. Application roles are named <c>tickets.ROLE</c>, with the queues that the
/// <c>queues</c> claims name, or <c>tickets.ROLE:PREFIX</c>; <c>*</c> stands for all queues.
/// </summary>
internal static class Grants
{
    public const string RoleClaim = "roles";
    public const string QueuesClaim = "queues";

    private const string Ours = "tickets.";
    private const string All = "*";

    /// <param name="roles">The values of the role claims; those of other applications are passed over.</param>
    /// <param name="queues">Queue prefixes.</param>
    /// <returns>Null when nothing is granted, or two different roles: which of them was meant for which queues could not be told.</returns>
    public static Caller? Caller(string subject, IEnumerable<string> roles, IEnumerable<string> queues)
    {
        if (subject.Length == 0)
            return null;
        Role? role = null;
        var prefixes = queues.Select(Prefix).ToList();
        foreach (var grant in roles.Where(value => value.StartsWith(Ours, StringComparison.OrdinalIgnoreCase)))
        {
            var (name, prefix) = Parted(grant[Ours.Length..]);
            if (RoleNames.Parse(name.ToLowerInvariant()) is not { } granted || (role ?? granted) != granted)
                return null;
            role = granted;
            if (prefix is not null)
                prefixes.Add(Prefix(prefix));
        }

        // An empty prefix would be all queues, and an empty claim hardly means that.
        return role is { } one && prefixes.TrueForAll(prefix => prefix is not null) ? new Caller($"token:{subject}", one, [.. prefixes.Select(prefix => prefix!).Distinct(StringComparer.Ordinal)]) : null;
    }

    private static string? Prefix(string text) => text switch { All => "", "" => null, _ => text };

    private static (string Name, string? Prefix) Parted(string grant) =>
        grant.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? (grant[..colon], grant[(colon + 1)..]) : (grant, null);
}
