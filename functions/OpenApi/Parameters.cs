namespace Tickets.Functions.OpenApi;

/// <summary>What the names of query parameters, route values and headers mean; a name means the same everywhere.</summary>
internal static class Parameters
{
    public static IReadOnlyDictionary<string, (string Type, string Meaning, string Example)> All { get; } = new Dictionary<string, (string, string, string)>(StringComparer.Ordinal)
    {
        ["workflow_id"] = ("string", "The workflow's id, a path.", "incidents/v1"),
        ["queue"] = ("string", "The queue's name, a path.", "incidents/birdstrikes"),
        ["prefix"] = ("string", "Only those whose name or id begins so.", "incidents/"),
        ["cursor"] = ("string", "Where to go on: `next_cursor` of the page before. For the change log also `now`; without it the log begins at its oldest op.", ""),
        ["limit"] = ("integer", "At most so many a page, 1 to 1000.", "100"),
        ["target"] = ("string", "Only changes of this workflow, queue or key.", "incidents/birdstrikes"),
        ["projection"] = ("string", "The fields and blocks that come back, parted by commas.", "status,meta.report"),
        ["max_ops"] = ("integer", "At most so many ops, 1 to 1000.", "100"),
        ["wait"] = ("integer", "Seconds to wait for something new, 0 to 60.", "20"),
        ["status"] = ("string", "Only those with this status; of orchestrations several, parted by commas.", "running"),
        ["hub"] = ("string", "A shard's name, or `settings`.", "hot-0"),
        ["instance_id"] = ("string", "The orchestration's id.", "ticket/1000001"),
        ["name"] = ("string", "Only orchestrations of this name.", "TicketLifecycle"),
        ["recipient"] = ("string", "A user or a group.", "dispatch"),
        ["ticket_id"] = ("string", "The ticket's id.", "1000001"),
        ["operation_id"] = ("string", "The operation's id.", "op_019ab2c3d4e57f60a1b2c3d4e5f60718"),
        ["key_id"] = ("string", "The key's id, the second part of its text.", "4f1c09a2be77"),
        ["id"] = ("string", "The webhook's id.", "wh_0123456789abcdef"),
        ["file"] = ("string", "The file's name.", "docs.js"),
        ["shard"] = ("string", "The shard's name.", "hot-0"),
        ["opid"] = ("integer", "The op's number in its shard.", "991"),
    };

    /// <summary>Of those that are numbers.</summary>
    public static IReadOnlyDictionary<string, (long Least, long? Most)> Bounds { get; } = new Dictionary<string, (long, long?)>(StringComparer.Ordinal)
    {
        ["limit"] = (1, 1000),
        ["max_ops"] = (1, Core.Oplog.ReadOplog.MaxOps),
        ["wait"] = (0, Core.Oplog.ReadOplog.MaxWaitSeconds),
        ["opid"] = (1, null),
    };

    public static IReadOnlyDictionary<string, (string Meaning, string Example)> RequestHeaders { get; } = new Dictionary<string, (string, string)>(StringComparer.Ordinal)
    {
        ["Idempotency-Key"] = ("At most 128 characters; a repeated request under it gets the first answer again.", "7f9c24e8-3b1d-4a55-9f0e-2f6f3a1c9d10"),
        ["If-Match"] = ("The revision or version that is changed, in quotes.", "\"7\""),
        ["If-None-Match"] = ("`*`: only create.", "*"),
        ["Accept"] = ("`application/cloudevents-batch+json` asks for CloudEvents.", "application/json"),
        ["Accept-Encoding"] = ("`gzip` or `br`: the answer may come compressed.", "gzip"),
    };

    public static IReadOnlyDictionary<string, (string Type, string Meaning)> ResponseHeaders { get; } = new Dictionary<string, (string, string)>(StringComparer.Ordinal)
    {
        ["x-trace-id"] = ("string", "The trace id: the caller's, from `traceparent`, or our own."),
        ["ETag"] = ("string", "The revision or version, in quotes."),
        ["Operation-Location"] = ("string", "Where to ask for the operation."),
        ["Retry-After"] = ("integer", "Seconds after which to ask again."),
        ["WWW-Authenticate"] = ("string", "`Bearer`."),
        ["RateLimit-Limit"] = ("integer", "Requests in the tightest window of a limited caller."),
        ["RateLimit-Remaining"] = ("integer", "Those that are left of them."),
        ["RateLimit-Reset"] = ("integer", "Seconds until the window begins anew."),
        ["RateLimit-Policy"] = ("string", "The window: `LIMIT;w=SECONDS`."),
        ["Cache-Control"] = ("string", "Whether the answer may be kept."),
        ["x-storage-requests"] = ("integer", "Requests to storage that reading from the cold tier took."),
        ["x-next-cursor"] = ("string", "`next_cursor`, where the body has no place for it."),
        ["x-polling-delay-ms"] = ("integer", "`polling_delay_ms`, where the body has no place for it."),
        ["Vary"] = ("string", "Request headers that the answer depends on."),
        ["Content-Encoding"] = ("string", "How the answer is compressed."),
        ["Content-Security-Policy"] = ("string", "What the page may load: its own files."),
        ["X-Content-Type-Options"] = ("string", "`nosniff`."),
        ["Referrer-Policy"] = ("string", "`no-referrer`."),
    };
}
