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
    private const int MaxSubjectLength = 256;

    /// <param name="roles">The values of the role claims; those of other applications are passed over.</param>
    /// <param name="queues">Queue prefixes.</param>
    /// <returns>Null when nothing is granted, the subject cannot be the name of a caller, or there are two different roles: which of them was meant for which queues could not be told.</returns>
    public static Caller? Caller(string subject, IEnumerable<string> roles, IEnumerable<string> queues)
    {
        // Names of callers are kept with what they do, and shown: no longer than that, and without what a database or a log could not take.
        if (subject.Length is 0 or > MaxSubjectLength || subject.Any(character => char.IsControl(character) || char.IsSurrogate(character)))
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
