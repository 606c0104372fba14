using Tickets.Contracts;
using Tickets.Functions.OpenApi;

namespace Tickets.Functions.Health;

internal static class HealthDescriptions
{
    private const string Tag = "Health";
    private const string Dependencies = """{"status": "ok", "dependencies": {"hot-0": {"status": "ok", "duration_ms": 0.8}}}""";

    public static FunctionDescription Ping() => new(Tag, "Whether this process should get requests")
    {
        Answers = [new(200, "It should.", HealthJson.Default.LiveAnswer, """{"status": "ok"}""")],
        Problems = [ProblemCodes.StaleSettings],
    };

    public static FunctionDescription Live() => new(Tag, "Whether this process answers at all") { Answers = [new(200, "It does.", HealthJson.Default.LiveAnswer, """{"status": "ok"}""")] };

    public static FunctionDescription Ready() => new(Tag, "Whether everything that it depends on answers")
    {
        Details = "While the app starts, 503 is a problem `unavailable`.",
        Answers =
        [
            new(200, "All of it.", HealthJson.Default.ReadyAnswer, Dependencies),
            new(503, "Not all; each is named. Or the app is starting.", HealthJson.Default.ReadyAnswer, Dependencies.Replace("\"ok\"", "\"failing\"", StringComparison.Ordinal), "Retry-After"),
        ],
        Problems = [ProblemCodes.Unavailable],
    };

    public static FunctionDescription Version() => new(Tag, "Which version this is") { Answers = [new(200, "The version.", HealthJson.Default.VersionAnswer, """{"version": "0.1.0", "runtime": ".NET 10.0.12"}""")] };
}
