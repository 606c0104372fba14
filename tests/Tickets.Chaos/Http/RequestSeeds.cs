namespace Tickets.Chaos.Http;

/// <summary>A good request for every function that takes a body, and good values for the parameters of paths and queries; to be spoiled.</summary>
/// <param name="Nonce">A good one.</param>
/// <param name="Cursor">Of the change log, a good one.</param>
internal sealed record RequestSeeds(string Queue, string Ticket, string Nonce, string Cursor)
{
    private const string Flow = """{"workflow_id": "fuzz/v1", "initial": "open", "statuses": {"open": {"to": ["done"], "lifetime": "PT4H", "remind_every": "PT1H", "group": "g", "on_timeout": "done"}, "done": {"terminal": true, "resolutions": ["a"]} }, "indexed_fields": {"n": {"type": "int64", "slot": 1} }, "indexes": [["n"]]}""";

    /// <returns>Null for a function without a body.</returns>
    public string? BodyOf(string function) => function switch
    {
        "CreateKey" => """{"role": "reader", "queue_prefixes": ["none"], "description": "d", "expires_at": "2030-01-01T00:00:00Z"}""",
        "RotateKey" => """{"overlap": "PT1H"}""",
        "PutWorkflow" => Flow,
        "PutQueue" => """{"queue": "fuzz/q", "workflow_id": "chaos/v1", "hot_retention": "P7D", "shards": ["hot-0"], "description": "d"}""",
        "TakeNonces" => """{"count": 3}""",
        "CreateTicket" => $$"""{"nonce": "{{Nonce}}", "queue": "{{Queue}}", "status": "open", "group": "g", "parent_id": "12", "meta": {"report": {"a": [1, {"b": "c"}]} }, "indexed_meta": {"number": 1, "name": "x"} }""",
        "BulkTickets" => $$"""{"items": [{"create": {"queue": "{{Queue}}", "meta": {"a": 1} } }, {"update": {"ticket_id": "{{Ticket}}", "queue": "{{Queue}}", "set": {"group": "x"} } }]}""",
        "UpdateTicket" => $$"""{"queue": "{{Queue}}", "expected": {"ticket.version": 4, "ticket.status": "open", "ticket.resolution": null, "meta.report": {"version": 11}, "meta.note": {"exists": false} }, "set": {"status": "busy", "group": "g", "meta.report": {"any": "json"}, "indexed_meta.number": 12}, "unset": ["resolution", "meta.draft", "indexed_meta.name"]}""",
        "AcceptTicket" => $$"""{"queue": "{{Queue}}", "by": "me"}""",
        "FindTickets" => $$"""{"query": {"queue": "{{Queue}}", "status": "open", "resolution_status": "any", "group": "g", "indexed_meta": {"number": 1} }, "projection": ["ticket_id", "meta.report", "indexed_meta"], "limit": 10}""",
        "StartScan" => $$"""{"query": {"queue": "{{Queue}}", "indexed_meta": {"number": 1} }, "from": "2026-01-01", "to": "2026-01-02", "projection": ["ticket_id"]}""",
        "StartErasure" => $$"""{"queue": "{{Queue}}", "ticket_ids": ["99999999"]}""",
        "StartIndexRebuild" => $$"""{"queue": "{{Queue}}"}""",
        "RestoreTicket" => $$"""{"queue": "{{Queue}}"}""",
        "StartQueueMove" => """{"queue": "fuzz/none", "shards": ["hot-1"]}""",
        "CreateWebhook" => $$"""{"url": "http://127.0.0.1:9/hook", "queue": "{{Queue}}", "description": "d"}""",
        "ChangeWebhook" => """{"status": "paused"}""",
        "ReplayWebhook" => """{"cursor": "now"}""",
        "SkipRefusedOp" => """{"reason": "because"}""",
        _ => null,
    };

    public string PathValue(string name) => name switch
    {
        "ticket_id" => Ticket,
        "shard" => "hot-0",
        "opid" => "1",
        _ => "0123456789abcdef",
    };

    public string QueryValue(string name) => name switch
    {
        "queue" => Queue,
        "cursor" => Cursor,
        "wait" => "0",
        "max_ops" or "limit" => "10",
        "workflow_id" => "fuzz/v1",
        "hub" => "settings",
        "projection" => "status,meta.report",
        "prefix" => "fuzz",
        _ => "x",
    };
}
