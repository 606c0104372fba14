using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Workflows;

namespace Tickets.Core.Settings;

/// <summary>What a new key is to be.</summary>
internal sealed record NewKey(Role Role, IReadOnlyList<string> QueuePrefixes, string? Description, DateTimeOffset? ExpiresAt, RequestLimits? Limits);

/// <summary>Reads the bodies of requests for keys.</summary>
internal static class KeyRequestReader
{
    private const int MaxPrefixes = 100;

    private static readonly TimeSpan DefaultOverlap = TimeSpan.FromDays(1);
    private static readonly TimeSpan MaxOverlap = TimeSpan.FromDays(30);

    public static Result<NewKey> ReadNew(JsonElement body, DateTimeOffset now)
    {
        var reader = new ObjectReader(body, "", []);
        var name = reader.RequiredText("role");
        var role = name is null ? null : RoleNames.Parse(name);
        var prefixes = reader.Texts("queue_prefixes", MaxPrefixes);
        var description = reader.Text("description", 1000);
        var expires = reader.Time("expires_at");
        var limits = RequestLimits.Of(reader.Integer("requests_per_minute", 1, 1_000_000), reader.Integer("requests_per_day", 1, 2_000_000_000));

        if (name is not null && role is null)
            reader.Fault("role", $"Expected one of {RoleNames.All}.");
        if (prefixes is { Count: 0 } || (prefixes is null && reader.Any("queue_prefixes") is null))
            reader.Fault("queue_prefixes", "At least one prefix is required; an empty one reaches every queue.");
        for (var i = 0; i < (prefixes?.Count ?? 0); i++)
        {
            if (prefixes![i].Length > 0 && !Names.IsPath(prefixes[i]))
                reader.Errors.Add(new ProblemError($"{reader.PointerOf("queue_prefixes")}/{i}", $"A queue prefix is empty or {Names.PathRule}."));
        }

        if (expires <= now)
            reader.Fault("expires_at", "A key ends in the future.");
        return Finished(reader) ?? (Result<NewKey>)new NewKey(role!.Value, prefixes!, description, expires, limits);
    }

    /// <summary>How long the old key goes on.</summary>
    public static Result<TimeSpan> ReadOverlap(JsonElement body)
    {
        var reader = new ObjectReader(body, "", []);
        var overlap = DefaultOverlap;
        if (reader.Text("overlap") is { } text && (!Iso8601Duration.TryParse(text, out overlap) || overlap < TimeSpan.Zero || overlap > MaxOverlap))
            reader.Fault("overlap", $"'{text}' is not an ISO 8601 duration from PT0S to {Iso8601Duration.Format(MaxOverlap)}.");
        return Finished(reader) ?? (Result<TimeSpan>)overlap;
    }

    private static Problem? Finished(ObjectReader reader)
    {
        var unknown = new List<ProblemError>();
        reader.Finish(unknown);
        if (unknown.Count > 0)
            return Problems.UnknownMembers(unknown);
        return reader.Errors.Count > 0 ? Problems.Invalid(reader.Errors) : null;
    }
}
