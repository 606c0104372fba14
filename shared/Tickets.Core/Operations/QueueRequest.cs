using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;

namespace Tickets.Core.Operations;

/// <summary>The queue that the body of an operation names.</summary>
internal static class QueueRequest
{
    /// <param name="others">Members that the operation reads itself; all else is unknown.</param>
    /// <param name="errors">Faults of those, which are told with the queue's.</param>
    public static async Task<Result<QueueSettings>> ReadAsync(
        JsonElement body, IReadOnlyList<string> others, SettingsCache settings, Caller caller, CancellationToken cancel, IReadOnlyList<ProblemError>? errors = null)
    {
        if (ObjectReader.Strangers(body, ["queue", .. others]) is { } strangers)
            return strangers;
        var reader = new ObjectReader(body, "", []);
        var name = reader.RequiredText("queue", 128);
        reader.Errors.AddRange(errors ?? []);
        if (reader.Errors.Count > 0)
            return Problems.Invalid(reader.Errors);
        if (!caller.Reaches(name!))
            return Problems.ForbiddenQueue(name!);
        return await settings.FindQueueAsync(name!, cancel) is { } queue ? queue : Problems.QueueNotFound(name!);
    }
}
