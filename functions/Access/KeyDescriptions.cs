using Tickets.Contracts;
using Tickets.Functions.OpenApi;

namespace Tickets.Functions.Access;

internal static class KeyDescriptions
{
    private const string Tag = "Access";
    private const string Key = """{"key_id": "4f1c09a2be77", "prefix": "tk_4f1c09a2be77_", "role": "robot", "queue_prefixes": ["incidents"], "status": "active", "created_at": "2026-01-31T08:30:00Z", "created_by": "a1b2c3d4e5f6"}""";
    private const string NewKey = """{"key_id": "4f1c09a2be77", "prefix": "tk_4f1c09a2be77_", "key": "tk_4f1c09a2be77_SECRET", "role": "robot", "queue_prefixes": ["incidents"], "status": "active", "created_at": "2026-01-31T08:30:00Z", "created_by": "a1b2c3d4e5f6"}""";

    public static FunctionDescription List() => new(Tag, "List API keys")
    {
        Details = "Those that reach no further than the caller; `prefix` takes the beginning of an id or of a key's text.",
        Answers = [new(200, "A page.", TicketsJson.Default.KeyList, $$"""{"keys": [{{Key}}]}""")],
    };

    public static FunctionDescription Create() => new(Tag, "Make an API key")
    {
        Details = "The answer has the key's text, this once; with an `Idempotency-Key` a repeated request gets it again for as long as nonces live.",
        Body = new(TicketsJson.Default.CreateKeyRequest, """{"role": "robot", "queue_prefixes": ["incidents"], "description": "Robot 7", "requests_per_minute": 6000}"""),
        Headers = ["Idempotency-Key"],
        Answers = [new(200, "The key with its text.", TicketsJson.Default.Key, NewKey, "Cache-Control")],
        Problems = [ProblemCodes.IdempotencyKeyReused],
    };

    public static FunctionDescription Get() => new(Tag, "Read an API key")
    {
        Answers = [new(200, "The key, without its text.", TicketsJson.Default.Key, Key)],
        Problems = [ProblemCodes.KeyNotFound],
    };

    public static FunctionDescription Rotate() => new(Tag, "Replace an API key")
    {
        Details = "Makes a key like it; the old one ends after the overlap.",
        Body = new(TicketsJson.Default.RotateKeyRequest, """{"overlap": "P1D"}""", Optional: true),
        Headers = ["Idempotency-Key"],
        Answers = [new(200, "The new key with its text.", TicketsJson.Default.Key, NewKey, "Cache-Control")],
        Problems = [ProblemCodes.KeyNotFound, ProblemCodes.KeyNotActive, ProblemCodes.IdempotencyKeyReused],
    };

    public static FunctionDescription Revoke() => new(Tag, "End an API key")
    {
        Details = "Here at once, in other processes with their next refresh. Repeating it is harmless.",
        Answers = [new(200, "The key as it stands.", TicketsJson.Default.Key, Key.Replace("active", "revoked", StringComparison.Ordinal))],
        Problems = [ProblemCodes.KeyNotFound, ProblemCodes.LastAdminKey],
    };

    public static FunctionDescription GetCaller() => new(Tag, "See who one is")
    {
        Answers = [new(200, "The caller.", TicketsJson.Default.CallerInfo, """{"caller": "4f1c09a2be77", "role": "robot", "queue_prefixes": ["incidents"]}""")],
    };

    public static FunctionDescription ReadAudit() => new(Tag, "Read who changed which setting")
    {
        Details = "Newest first; what is about queues that the caller reaches.",
        Answers = [new(200, "A page.", TicketsJson.Default.AuditPage, """{"entries": [{"audit_id": 12, "revision": 9, "at": "2026-01-31T08:30:00Z", "actor": "4f1c09a2be77", "action": "queue.put", "target": "incidents/birdstrikes", "change": {"queue": "incidents/birdstrikes"}}]}""")],
        Problems = [ProblemCodes.InvalidCursor],
    };
}
