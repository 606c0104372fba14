using Tickets.Client;

namespace Tickets.Cli;

/// <summary>What the key at hand lets its holder see.</summary>
internal enum Reach
{
    None,
    Read,
    Operate,
}

internal static class KeyChecks
{
    private static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    public static async Task<Reach> LookAsync(TicketsClient client, List<Diagnosis> found, CancellationToken cancel)
    {
        var read = await client.SendAsync(new TicketsRequest(HttpMethod.Get, "/queues") { Repeat = false }, cancel);
        if (read.Status == 401)
        {
            found.Add(Diagnosis.Fault("key", "the service does not know the key, or none was given", "Give one with --key, $TICKETS_KEY or in a profile. A key that was good may have been revoked or have expired."));
            return Reach.None;
        }

        if (!read.IsSuccess)
        {
            found.Add(Diagnosis.Fault("key", $"asked for queues, the service answers {read.Status} {read.ReadProblem()?.Code}", read.ReadProblem()?.Detail ?? "See the service's log."));
            return Reach.None;
        }

        var caller = await client.GetCallerAsync(cancel);
        found.Add(caller.ExpiresAt - DateTimeOffset.UtcNow < Soon
            ? Diagnosis.Warning("key", $"ends at {caller.ExpiresAt:u}", $"Make its successor: tickets key rotate {caller.Caller}")
            : Diagnosis.Ok("key", $"{caller.Caller}, role {caller.Role}, queues {Queues(caller)}"));
        return caller.Role is "operator" or "admin" ? Reach.Operate : Reach.Read;
    }

    private static string Queues(Tickets.Contracts.CallerInfo caller) => caller.QueuePrefixes.Contains("") ? "all" : string.Join(", ", caller.QueuePrefixes);
}
