namespace Tickets.Functions.OpenApi;

/// <summary>What the groups of functions are about.</summary>
internal static class Tags
{
    public static IReadOnlyDictionary<string, string> Meanings { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Access"] = "API keys, who the caller is, and who changed which setting.",
        ["Change log"] = "Every change of every ticket, in commit order within a shard.",
        ["Health"] = "Whether the process and what it depends on answer; open to everybody.",
        ["Notifications"] = "Messages to users and groups.",
        ["Operations"] = "Long work that is started, asked for and ended; how the whole system stands.",
        ["Orchestrations"] = "The durable work behind lifetimes, reminders and long operations.",
        ["Pages"] = "This document and the pages of the app.",
        ["Search"] = "Finding tickets by equality, and how well indexes serve that.",
        ["Settings"] = "Workflows and queues.",
        ["Tickets"] = "Creating, reading and changing tickets.",
        ["Webhooks"] = "The change log, sent to URLs.",
    };
}
