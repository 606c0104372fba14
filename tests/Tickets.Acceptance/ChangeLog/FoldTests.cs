namespace Tickets.Acceptance.ChangeLog;

public class FoldTests(RunningApp app)
{
    private static readonly string[] Steps =
    [
        "\"set\": {\"status\": \"triaged\"}",
        "\"set\": {\"status\": \"repaired\"}",
        "\"set\": {\"status\": \"closed\", \"resolution\": \"fixed\"}",
        "\"set\": {\"status\": \"triaged\"}, \"unset\": [\"resolution\"]",
        "\"set\": {\"resolution\": \"duplicate\"}",
        "\"unset\": [\"resolution\"]",
        "\"set\": {\"group\": \"day\", \"meta.a\": {\"n\": NUMBER}}",
        "\"unset\": [\"group\", \"meta.a\", \"meta.b\"]",
        "\"set\": {\"meta.b\": [NUMBER, \"é\"], \"meta.c\": null}, \"unset\": [\"meta.a\"]",
        "\"set\": {\"indexed_meta.cost\": NUMBER, \"indexed_meta.state\": \"S NUMBER\"}",
        "\"set\": {\"indexed_meta.miles\": NUMBER, \"indexed_meta.state\": null}, \"unset\": [\"indexed_meta.cost\"]",
        "\"set\": {\"queue\": \"OTHER\"}",
    ];

    /// <summary>What subscribers live by: a ticket's state is what its diffs say, one after the other.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Folding_the_diffs_gives_every_tickets_state(int seed)
    {
        var random = new Random(seed);
        string[] queues = [await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-0")];
        var start = await app.Admin.NowAsync();
        var ids = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => app.Admin.CreateAsync(queues[0], $"\"meta\": {{\"a\": {i}}}, \"indexed_meta\": {{\"cost\": {i}}}, \"parent_id\": \"9\"")));
        for (var i = 0; i < 120; i++)
        {
            var step = Steps[random.Next(Steps.Length)].Replace("NUMBER", $"{i}", StringComparison.Ordinal).Replace("OTHER", queues[random.Next(2)], StringComparison.Ordinal);
            var id = ids[random.Next(ids.Length)];
            var answer = i % 10 == 0 ? await app.Admin.PostAsync($"/tickets/{id}/accept", """{"by": "ada"}""") : await app.Admin.PatchAsync($"/tickets/{id}", $"{{{step}}}");
            Assert.True(answer.Status is 200 or 409, answer.Text);
        }

        var states = new Dictionary<string, TicketFold>();
        foreach (var op in (await app.Admin.ReadAllAsync(start)).Where(op => queues.Contains(op.Text("queue"))))
            (states.TryGetValue(op.Text("ticket_id")!, out var state) ? state : states[op.Text("ticket_id")!] = new TicketFold()).Apply(op);

        foreach (var id in ids)
            states[id].AssertIs((await app.Admin.GetAsync($"/tickets/{id}")).Ok());
    }

    private sealed class TicketFold
    {
        private readonly SortedDictionary<string, string> _members = new(StringComparer.Ordinal);

        public void Apply(JsonElement op)
        {
            var kind = op.Text("kind");
            if (kind is "created" or "moved_in")
                _members.Clear();
            if (kind != "moved_out")
                _members["queue"] = op.GetProperty("queue").GetRawText();
            _members["version"] = op.GetProperty("version").GetRawText();
            _members["updated_at"] = op.GetProperty("at").GetRawText();
            foreach (var set in op.GetProperty("diff").GetProperty("set").EnumerateObject())
                _members[set.Name] = set.Value.GetRawText();
            if (op.GetProperty("diff").TryGetProperty("unset", out var unset))
            {
                foreach (var name in unset.EnumerateArray())
                    _members.Remove(name.GetString()!);
            }
        }

        public void AssertIs(JsonElement ticket)
        {
            var actual = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (var member in ticket.EnumerateObject().Where(member => member.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Object) && member.Name is not ("ticket_id" or "tier" or "closed_at")))
                actual[member.Name] = member.Value.GetRawText();
            foreach (var field in ticket.GetProperty("indexed_meta").EnumerateObject())
                actual[$"indexed_meta.{field.Name}"] = field.Value.GetRawText();
            foreach (var block in ticket.GetProperty("meta").EnumerateObject())
                actual[$"meta.{block.Name}"] = block.Value.GetProperty("data").GetRawText();
            Assert.Equal(actual, _members);
        }
    }
}
