using Npgsql;
using Tickets.Core.Ticketing.Lifecycle;

namespace Tickets.Acceptance.Lifecycle;

/// <summary>Queues whose tickets do something by themselves, and what can be seen of it from outside and in the tables.</summary>
internal sealed class LifecycleScene(RunningApp app)
{
    /// <summary>A closed status that can be left again.</summary>
    public const string Reopenable = """{"to": ["open-"], "terminal": true, "resolutions": ["fixed"], "resolution_required": true}""";

    private static int _names;

    public static string Name(string stem) => $"{stem}-{Interlocked.Increment(ref _names)}";

    public static string Workflow(string id, string open, string? closed = null, string? open2 = null) =>
        $$"""
        {"workflow_id": "{{id}}", "initial": "open",
         "statuses": {"open": {{open}}, "open2": {{open2 ?? """{"to": ["closed"]}"""}}, "open3": {"to": ["closed"]}, "closed": {{closed ?? """{"terminal": true, "resolutions": ["fixed"], "resolution_required": false}"""}} } }
        """;

    public async Task<string> QueueAsync(string open, string? closed = null, string? workflow = null, string? shard = null, string? open2 = null)
    {
        workflow ??= Name("wf");
        (await app.Admin.PutAsync($"/workflows?workflow_id={workflow}", Workflow(workflow, open, closed, open2), ("If-None-Match", "*"))).Ok();
        return await app.NewQueueAsync(shard: shard, workflow: workflow, below: "life");
    }

    public async Task<string> RevisionAsync(string workflow) =>
        (await app.Admin.GetAsync($"/workflows?workflow_id={workflow}")).Headers["ETag"];

    public async Task<List<string>> KindsAsync(string recipient) =>
        [.. (await app.Admin.GetAsync($"/notifications?recipient={recipient}&limit=1000")).Ok().GetProperty("notifications").EnumerateArray().Select(one => one.Text("kind")!)];

    public async Task<List<JsonElement>> FindAsync(string queue) =>
        [.. (await app.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"} }""")).Ok().GetProperty("tickets").EnumerateArray()];

    public async Task<int> RepairedAsync(string queue) => (await app.Admin.PostAsync($"/lifecycles/sweep?queue={queue}", null)).Ok().GetProperty("repaired").GetInt32();

    public async Task<string> HubOfAsync(string id)
    {
        foreach (var shard in app.Stack.Shards)
        {
            if (await CountAsync(shard.Value, $"select count(*) from ticket_numbers_used where ticket_id = {id} and queue_id is not null and not gone") > 0)
                return shard.Key;
        }

        return "none";
    }

    public async Task WaitingAsync(string id, Func<JsonElement, bool> holds)
    {
        var hub = await HubOfAsync(id);
        await Eventually.IsAsync(async () => await app.Admin.GetAsync($"/orchestrations?hub={hub}&instance_id=ticket/{id}") is { Status: 200 } answer && holds(answer.Json));
    }

    public async Task<byte[]> SecretAsync(string purpose)
    {
        await using var command = Databases.Of(app.Stack.SettingsDatabase).CreateCommand($"select secret from signing_secrets where purpose = '{purpose}'");
        return (byte[])(await command.ExecuteScalarAsync())!;
    }

    /// <summary>How many messages there are for a recipient, shown or not.</summary>
    public async Task<long> SentAsync(string recipient)
    {
        var sent = 0L;
        foreach (var shard in app.Stack.Shards.Values)
            sent += await CountAsync(shard, $"select count(*) from notifications where recipient = '{recipient}'");
        return sent;
    }

    public static async Task<long> CountAsync(string database, string sql)
    {
        await using var command = Databases.Of(database).CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public static async Task ExecuteAsync(string database, string sql)
    {
        await using var command = Databases.Of(database).CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Whether the tickets of a queue have been told of its settings, on all its shards.</summary>
    public async Task<bool> ToldAsync(string queue)
    {
        var definition = (await app.Admin.GetAsync($"/queues?queue={queue}")).Ok();
        var told = 0L;
        foreach (var shard in definition.GetProperty("shards").EnumerateArray())
            told += await CountAsync(app.Stack.Shards[shard.GetString()!], $"select count(*) from lifecycle_settings where queue_id = {await QueueIdAsync(queue)}");
        return told == definition.GetProperty("shards").GetArrayLength();
    }

    public async Task<string> ShardOfAsync(string id) => app.Stack.Shards[await HubOfAsync(id)];

    /// <summary>Until no worker has its orchestration and nothing has come in for it.</summary>
    public async Task QuietAsync(string id)
    {
        var shard = await ShardOfAsync(id);
        await Eventually.IsAsync(async () => await CountAsync(shard, $"select count(*) from orchestration_ready where instance_id = 'ticket/{id}' and owner is null and pending = 0 and due_at > now()") == 1);
    }

    /// <summary>Makes the ticket old enough for the sweep to look at it.</summary>
    public async Task AgeAsync(string id)
    {
        var shard = await ShardOfAsync(id);
        // By the partition's name: the parent would open those of all queues.
        var queue = await CountAsync(shard, $"select queue_id::bigint from ticket_numbers_used where ticket_id = {id}");
        await ExecuteAsync(shard, $"update tickets_q{queue} set updated_at = updated_at - interval '3 hours' where ticket_id = {id}");
    }

    /// <summary>Sweeps until it is so: the timer's sweep may come first, or hold the turn.</summary>
    public Task SweepUntilAsync(string queue, Func<Task<bool>> isSo) => Eventually.IsAsync(async () =>
    {
        _ = await RepairedAsync(queue);
        return await isSo();
    });

    /// <summary>Why a ticket is stuck, as the one about it says; waits for that.</summary>
    public async Task<string> WhyStuckAsync(string queue, string id)
    {
        JsonElement about = default;
        await Eventually.IsAsync(async () => (about = (await FindAsync(queue)).Find(ticket => ticket.Text("parent_id") == id)).ValueKind == JsonValueKind.Object);
        return (await app.Admin.TicketAsync(queue, about.Text("ticket_id")!)).GetProperty("meta").GetProperty("lifecycle_error").GetProperty("data").Text("why")!;
    }

    public async Task AcceptAsync(string queue, string id) => (await app.Admin.PostAsync($"/tickets/{id}/accept", $$"""{"queue": "{{queue}}", "by": "ada"}""")).Ok();

    public async Task ChangeAsync(string workflow, string open) =>
        (await app.Admin.PutAsync($"/workflows?workflow_id={workflow}", Workflow(workflow, open), ("If-Match", await RevisionAsync(workflow)))).Ok();

    /// <summary>Until a ticket that waited for another has gone on: it looks as seldom as once a minute when it has waited for long.</summary>
    public Task SentOnAsync(string queue, string id) => Eventually.IsAsync(async () => (await app.Admin.TicketAsync(queue, id)).Text("status") == "open2", TimeSpan.FromMinutes(3));

    private async Task<long> QueueIdAsync(string queue) => await CountAsync(app.Stack.SettingsDatabase, $"select queue_id::bigint from queues where name = '{queue}'");

    /// <summary>What its orchestration has recorded.</summary>
    public async Task<LifecycleState?> LifeAsync(string id, string? hub = null) =>
        await app.Admin.GetAsync($"/orchestrations?hub={hub ?? await HubOfAsync(id)}&instance_id=ticket/{id}") is { Status: 200 } answer && answer.Json.TryGetProperty("custom_status", out var life)
            ? life.Deserialize<LifecycleState>(JsonSerializerOptions.Web)
            : null;
}
