using System.Text.Json;
using System.Text.Json.Nodes;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Model;

/// <summary>Gives each command to the app and to the model, and holds the two against each other after each.</summary>
internal sealed class ModelRun(ChaosClient client, IReadOnlyList<string> queues, int number)
{
    private readonly TicketModel _model = new();
    // Searches are to find the tickets of this run only, among those of all before it.
    private readonly long _base = 10L * number;
    private int _step;

    /// <returns>Null when they agree to the end; else where they do not.</returns>
    public async Task<string?> RunAsync(IEnumerable<Command> commands)
    {
        foreach (var command in commands)
        {
            _step++;
            // Without a ticket there is nothing to change: the first command of every kind makes one.
            var fault = command is Create create ? await CreateAsync(create) : _model.Count == 0 ? await CreateAsync(new Create(0, 1, "a", false)) : await DoAsync(command);
            if (fault is not null)
                return $"after {command}: {fault}";
        }

        return null;
    }

    private Task<string?> DoAsync(Command command) => command switch
    {
        Update update => UpdateAsync(update),
        Accept accept => AcceptAsync(accept),
        Find find => FindAsync(find),
        Read read => CompareAsync(_model.At(read.Ticket)),
        _ => throw new InvalidOperationException($"Nobody knows how to {command}."),
    };

    private async Task<string?> CreateAsync(Create create)
    {
        var nonce = (await client.UntilOkAsync("POST", "/nonces", "{}")).Json.GetProperty("nonces")[0].GetString();
        var body = new JsonObject { ["nonce"] = nonce, ["queue"] = queues[create.Queue] };
        if (create.Number is { } each)
            body["indexed_meta"] = new JsonObject { ["number"] = _base + each };
        if (create.Block is { } block)
            body["meta"] = new JsonObject { [block] = "new" };
        var reply = await client.SendAsync("POST", "/tickets", body.ToJsonString());
        if (!reply.IsOk)
            return $"{reply} {reply.Text}";
        if (create.Again && await client.SendAsync("POST", "/tickets", body.ToJsonString()) is var again && again.Text != reply.Text)
            return $"the same nonce was answered {reply.Text} and {again.Text}";
        _model.Created(reply.Json.GetProperty("ticket_id").GetString()!, create);
        return await CompareAsync(_model.Tickets[^1]);
    }

    private async Task<string?> UpdateAsync(Update update)
    {
        var ticket = _model.At(update.Ticket);
        var (set, unset) = (new JsonObject(), new JsonArray());
        var body = new JsonObject { ["queue"] = queues[ticket.Queue] };
        if (update.VersionOff is { } off)
            body["expected"] = new JsonObject { ["ticket.version"] = ticket.Version + off };
        if (update.Status is { } status)
            set["status"] = status;
        if (update.Resolution is { } resolution)
            set["resolution"] = resolution;
        if (update.Clear)
            unset.Add("resolution");
        if (update.Block is { } block)
            set[$"meta.{block}"] = $"v{ticket.Version}";
        if (update.Drop is { } drop)
            unset.Add($"meta.{drop}");
        if (update.Number is { } each)
            set["indexed_meta.number"] = _base + each;
        if (update.Move)
            set["queue"] = queues[1 - ticket.Queue];
        (body["set"], body["unset"]) = (set, unset);

        var key = ("Idempotency-Key", $"{number}/{_step}");
        var reply = await client.SendAsync("PATCH", $"/tickets/{ticket.Id}", body.ToJsonString(), key);
        if (update.Again && reply.IsOk && await client.SendAsync("PATCH", $"/tickets/{ticket.Id}", body.ToJsonString(), key) is var again && again.Text != reply.Text)
            return $"the same key was answered {reply.Text} and {again.Text}";
        return Differs(_model.Apply(update), reply) ?? await CompareAsync(_model.At(update.Ticket));
    }

    private async Task<string?> AcceptAsync(Accept accept)
    {
        var ticket = _model.At(accept.Ticket);
        var reply = await client.SendAsync("POST", $"/tickets/{ticket.Id}/accept", new JsonObject { ["queue"] = queues[ticket.Queue], ["by"] = accept.By }.ToJsonString());
        return Differs(_model.Apply(accept) with { Version = null }, reply) ?? await CompareAsync(_model.At(accept.Ticket));
    }

    private async Task<string?> FindAsync(Find find)
    {
        var query = new JsonObject { ["queue"] = queues[find.Queue], ["indexed_meta"] = new JsonObject { ["number"] = _base + find.Number } };
        var reply = await client.SendAsync("POST", "/tickets/find", new JsonObject { ["query"] = query, ["projection"] = new JsonArray("ticket_id") }.ToJsonString());
        if (!reply.IsOk)
            return $"{reply} {reply.Text}";
        var found = reply.Json.GetProperty("tickets").EnumerateArray().Select(ticket => ticket.GetProperty("ticket_id").GetString()!).ToList();
        return found.SequenceEqual(_model.Find(find)) ? null : $"found {string.Join(", ", found)}, expected {string.Join(", ", _model.Find(find))}";
    }

    private static string? Differs(Expected expected, Reply reply)
    {
        if (reply.Status != expected.Status || reply.Code != expected.Code)
            return $"answered {reply} {reply.Text}, expected {expected.Status} {expected.Code}";
        return expected.Version is { } version && reply.Json.GetProperty("version").GetProperty("ticket").GetInt64() != version ? $"answered {reply.Text}, expected version {version}" : null;
    }

    private async Task<string?> CompareAsync(ModelTicket ticket)
    {
        var reply = await client.GetAsync($"/tickets/{ticket.Id}?queue={queues[ticket.Queue]}");
        if (!reply.IsOk)
            return $"reading {ticket.Id}: {reply} {reply.Text}";
        var seen = Describe(reply.Json);
        var expected = Describe(ticket);
        return seen == expected ? null : $"the app has {seen}, the model {expected}";
    }

    private string Describe(ModelTicket ticket) => string.Join(
        ' ', ticket.Id, queues[ticket.Queue], ticket.Status, ticket.Resolution, ticket.AcceptedBy, ticket.Version, _base + ticket.Number,
        string.Join(',', ticket.Blocks.Where(block => block.Value.Exists).OrderBy(block => block.Key).Select(block => $"{block.Key}={block.Value.Text}/{block.Value.Version}")));

    private static string Describe(JsonElement ticket)
    {
        string? Text(string name) => ticket.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        var number = ticket.TryGetProperty("indexed_meta", out var indexed) && indexed.TryGetProperty("number", out var value) ? value.GetInt64() : (long?)null;
        var blocks = ticket.TryGetProperty("meta", out var meta) ? meta.EnumerateObject().OrderBy(block => block.Name, StringComparer.Ordinal).Select(block => $"{block.Name}={block.Value.GetProperty("data").GetString()}/{block.Value.GetProperty("version")}") : [];
        return string.Join(' ', Text("ticket_id"), Text("queue"), Text("status"), Text("resolution"), Text("accepted_by"), ticket.GetProperty("version").GetInt64(), number, string.Join(',', blocks));
    }
}
