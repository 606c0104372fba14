using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Oplog;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;

namespace Tickets.Core.Webhooks;

/// <summary>Making, reading and changing webhooks.</summary>
public sealed class WebhookSubscriptions
{
    // Each is read and sent by itself; for more receivers there is Service Bus.
    private const int Most = 100;
    private const int MostDead = 1000;

    private readonly SubscriptionStore _store;
    private readonly WebhookRemains _remains;
    private readonly OplogPositions _positions;
    private readonly OplogCursors _cursors;
    private readonly ShardSet _shards;
    private readonly SettingsCache _settings;
    private readonly WebhookOptions _options;
    private readonly TimeProvider _clock;

    internal WebhookSubscriptions(SubscriptionStore store, WebhookRemains remains, OplogPositions positions, OplogCursors cursors, ShardSet shards, SettingsCache settings, WebhookOptions options, TimeProvider clock) =>
        (_store, _remains, _positions, _cursors, _shards, _settings, _options, _clock) = (store, remains, positions, cursors, shards, settings, options, clock);

    /// <returns>The webhook, this once with its secret.</returns>
    public async Task<Result<Webhook>> CreateAsync(JsonElement body, Caller caller, CancellationToken cancel)
    {
        var read = WebhookRequestReader.Read(body, _options.AllowPrivate);
        if (read.IsProblem)
            return read.Problem;
        var request = read.Value;
        if (request.Queue is { } queue)
        {
            if (!caller.Reaches(queue))
                return Problems.ForbiddenQueue(queue);
            if (await _settings.FindQueueAsync(queue, cancel) is null)
                return Problems.QueueNotFound(queue);
        }

        var start = await CursorAsync(request.Cursor, cancel);
        if (start.IsProblem)
            return start.Problem;
        var webhook = new Subscription(
            $"wh_{RandomNumberGenerator.GetHexString(16, lowercase: true)}", request.Url, request.Secret, request.Queue, request.Kinds, caller.QueuePrefixes, request.Description, Subscription.Active, 1, start.Value, Rfc3339.Truncate(_clock.GetUtcNow()));
        return await _store.TryAddAsync(webhook, Most, cancel) ? Shown(webhook) with { Secret = request.Secret.Text } : WebhookProblems.TooMany(Most);
    }

    public async Task<IReadOnlyList<Webhook>> ListAsync(Caller caller, CancellationToken cancel) =>
        [.. (await _store.AllAsync(cancel)).Where(webhook => webhook.IsVisibleTo(caller)).Select(Shown)];

    public async Task<Result<Webhook>> FindAsync(string webhookId, Caller caller, CancellationToken cancel)
    {
        var found = await VisibleAsync(webhookId, caller, cancel);
        if (found.IsProblem)
            return found.Problem;
        var progress = await Task.WhenAll(_shards.All.Select(shard => ProgressAsync(shard, found.Value, cancel)));
        return Shown(found.Value) with { Shards = [.. progress.OfType<WebhookProgress>()] };
    }

    public async Task<Result<Webhook>> SetStatusAsync(string webhookId, JsonElement body, Caller caller, CancellationToken cancel)
    {
        var status = WebhookRequestReader.ReadStatus(body);
        return status.IsProblem ? status.Problem : await ChangeAsync(webhookId, caller, () => _store.SetStatusAsync(webhookId, status.Value, cancel), cancel);
    }

    /// <summary>Begins anew at a cursor; what was given up before it is tried again with the rest.</summary>
    public async Task<Result<Webhook>> ReplayAsync(string webhookId, JsonElement body, Caller caller, CancellationToken cancel)
    {
        var asked = WebhookRequestReader.ReadReplay(body);
        if (asked.IsProblem)
            return asked.Problem;
        var start = await CursorAsync(asked.Value, cancel);
        return start.IsProblem ? start.Problem : await ChangeAsync(webhookId, caller, () => _store.RestartAsync(webhookId, start.Value, cancel), cancel);
    }

    /// <returns>Null when it is taken away, else the problem.</returns>
    public async Task<Problem?> RemoveAsync(string webhookId, Caller caller, CancellationToken cancel)
    {
        var found = await VisibleAsync(webhookId, caller, cancel);
        if (found.IsProblem)
            return found.Problem;
        await _store.RemoveAsync(webhookId, cancel);
        await _remains.ForgetAsync(cancel);
        return null;
    }

    /// <summary>The newest deliveries that were given up.</summary>
    public async Task<Result<DeadDeliveryList>> DeadAsync(string webhookId, Caller caller, CancellationToken cancel)
    {
        var found = await VisibleAsync(webhookId, caller, cancel);
        if (found.IsProblem)
            return found.Problem;
        var dead = await Task.WhenAll(_shards.All.Select(shard => DeadDeliveries.ReadAsync(shard, webhookId, MostDead, cancel)));
        return new DeadDeliveryList([.. dead.SelectMany(each => each).OrderByDescending(each => each.DiedAt).Take(MostDead)]);
    }

    private async Task<Result<Webhook>> ChangeAsync(string webhookId, Caller caller, Func<Task<bool>> change, CancellationToken cancel)
    {
        var found = await VisibleAsync(webhookId, caller, cancel);
        if (found.IsProblem)
            return found.Problem;
        await change();
        return await FindAsync(webhookId, caller, cancel);
    }

    private async Task<Result<Subscription>> VisibleAsync(string webhookId, Caller caller, CancellationToken cancel) =>
        await _store.FindAsync(webhookId, cancel) is { } webhook && webhook.IsVisibleTo(caller) ? webhook : WebhookProblems.NotFound(webhookId);

    /// <summary>A cursor that says for every shard where to begin.</summary>
    /// <param name="asked">One of the change log, <c>oldest</c>, or <c>now</c>, which is also meant when there is none.</param>
    private async Task<Result<string>> CursorAsync(string? asked, CancellationToken cancel)
    {
        var positions = await _positions.StartAsync(asked == "oldest" ? null : asked ?? "now", _ => false, cancel);
        return positions.IsProblem ? positions.Problem : _cursors.Write(positions.Value);
    }

    private static async Task<WebhookProgress?> ProgressAsync(Shard shard, Subscription webhook, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand("select opid, greatest(last_opid - opid, 0), attempts, failure, next_at from oplog_followers, oplog_head where follower = $1");
        command.Parameters.Add(Sql.Value(webhook.Follower));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? new WebhookProgress(shard.Name, reader.GetInt64(0), reader.GetInt64(1), reader.GetInt32(2), reader.TextOrNull(3), reader.TimeOrNull(4))
            : null;
    }

    private static Webhook Shown(Subscription webhook) => new()
    {
        WebhookId = webhook.WebhookId,
        Url = webhook.Url.AbsoluteUri,
        Queue = webhook.Queue,
        Kinds = webhook.Kinds,
        Description = webhook.Description,
        Status = webhook.Status,
        CreatedAt = Platform.Json.Rfc3339.Truncate(webhook.CreatedAt),
    };
}
