using Tickets.Contracts;
using Tickets.Core.Platform;

namespace Tickets.Core.Settings;

/// <summary>What a PUT of a setting must say of the state it changes: <c>If-Match: "REVISION"</c>, or <c>If-None-Match: *</c> to create.</summary>
public sealed record PutPrecondition(long? Revision, bool IfAbsent)
{
    internal Problem? Refusal(string what, long? revision)
    {
        if (IfAbsent && revision is not null)
            return Problems.PreconditionFailed($"{what} exists already, with revision {revision}; change it with If-Match: \"{revision}\".");
        if (IfAbsent)
            return null;
        if (Revision is null)
            return Problems.PreconditionFailed(revision is null ? $"{what} does not exist; create it with If-None-Match: *." : $"Say which revision is changed: {what} has If-Match: \"{revision}\".");
        if (revision is null)
            return Problems.PreconditionFailed($"{what} does not exist; create it with If-None-Match: *.");
        return Revision == revision ? null : Problems.PreconditionFailed($"{what} has revision {revision}, not {Revision}.");
    }
}
