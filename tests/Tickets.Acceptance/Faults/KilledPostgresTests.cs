using Tickets.Local;

namespace Tickets.Acceptance.Faults;

public class KilledPostgresTests(RunningApp app)
{
    [Fact(Explicit = true)]
    public async Task Without_PostgreSQL_every_route_answers_503_and_the_app_recovers_by_itself()
    {
        await using var stack = await LocalStack.StartAsync(LocalStackOptions.ForTests() with { WithApp = true, ExistingStorage = app.Stack.StorageConnectionString });
        var api = new Api(stack.Apps[0].Address, stack.DevelopmentKey);
        await RunningApp.PutWorkflowAsync(api);
        var queue = await RunningApp.NewQueueAsync(api);
        var acknowledged = new List<string> { await api.CreateAsync(queue) };
        var nonces = await api.NoncesAsync(200);
        string Body(string nonce) => $$"""{"nonce": "{{nonce}}", "queue": "{{queue}}"}""";

        // Killed while creates are on their way: each is acknowledged or answered 503, and safe to repeat.
        var creating = Task.WhenAll(nonces.Select(async (nonce, i) =>
        {
            await Task.Delay(i * 2);
            return await api.PostAsync("/tickets", Body(nonce));
        }));
        await Task.Delay(120);
        await stack.Postgres!.KillAsync();
        var answers = await creating;
        foreach (var answer in answers)
        {
            if (answer.Status == 200)
                acknowledged.Add(answer.Json.Text("ticket_id")!);
            else
                Assert.Contains(IsUnavailable(answer).Text("code"), new[] { "unavailable", "outcome_unknown", "overloaded" });
        }

        foreach (var (method, path, body) in Routes(queue, acknowledged[0]))
            IsUnavailable(await api.SendAsync(method, path, body, ("If-None-Match", "*")));
        Assert.Equal(503, (await api.GetAsync("/health/ready")).Status);
        (await api.GetAsync("/health/live")).Ok();

        await stack.Postgres.StartAsync();
        await Eventually.IsAsync(async () => (await api.PostAsync("/tickets", Body(nonces[0]))).Status == 200);
        await Eventually.IsAsync(async () => (await api.GetAsync("/health/ready")).Status == 200);

        foreach (var id in acknowledged)
            await api.TicketAsync(queue, id);
        foreach (var (nonce, first) in nonces.Zip(answers))
        {
            var again = (await api.PostAsync("/tickets", Body(nonce))).Ok();
            if (first.Status == 200)
                again.Is(first.Text);
        }

        Assert.Equal(201, (await ChangeLog.OplogReader.ReadAllAsync(api, queue: queue)).Count);
    }

    private static JsonElement IsUnavailable(Answer answer)
    {
        Assert.True(answer.Status == 503, $"{answer.Status}: {answer.Text}");
        Assert.InRange(int.Parse(answer.Headers["Retry-After"]), 1, 10);
        return answer.Problem(503, answer.Json.Text("code")!);
    }

    private static IEnumerable<(string Method, string Path, string? Body)> Routes(string queue, string id) =>
    [
        ("POST", "/tickets", $$"""{"queue": "{{queue}}"}"""),
        ("PATCH", $"/tickets/{id}", $$"""{"queue": "{{queue}}"}"""),
        ("PATCH", $"/tickets/{id}", "{}"),
        ("POST", $"/tickets/{id}/accept", $$"""{"queue": "{{queue}}", "by": "me"}"""),
        ("GET", $"/tickets/{id}?queue={queue}", null),
        ("GET", $"/tickets/{id}", null),
        ("POST", "/tickets/find", $$"""{"query": {"queue": "{{queue}}"} }"""),
        ("GET", "/oplog", null),
        ("GET", $"/oplog?queue={queue}&cursor=now&wait=1", null),
        ("PUT", "/queues?queue=new", """{"queue": "new", "workflow_id": "incidents/v1"}"""),
        ("GET", "/queues?queue=new", null),
    ];
}
