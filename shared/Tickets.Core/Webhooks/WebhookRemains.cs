using Microsoft.Extensions.Logging;
using Tickets.Core.Platform;

namespace Tickets.Core.Webhooks;

/// <summary>
/// What webhooks that were removed have left on the shards: how far they had come, and what was given up. Looked for at every removal, and now and then, since a shard may have been away, and
/// since a process that has not heard of the removal may make a place for the webhook once more.
/// </summary>
public sealed class WebhookRemains
{
    private readonly ShardSet _shards;
    private readonly SubscriptionStore _store;
    private readonly ILogger _logger;

    internal WebhookRemains(ShardSet shards, SubscriptionStore store, ILogger<WebhookRemains> logger) => (_shards, _store, _logger) = (shards, store, logger);

    /// <returns>How many rows were deleted.</returns>
    public async Task<int> ForgetAsync(CancellationToken cancel)
    {
        var forgotten = 0;
        foreach (var shard in _shards.All)
        {
            try
            {
                forgotten += await ForgetAsync(shard, cancel);
            }
            catch (Exception fault) when (ConnectionLoss.Is(fault) && !cancel.IsCancellationRequested)
            {
                _logger.Stumbled(fault);
            }
        }

        return forgotten;
    }

    private async Task<int> ForgetAsync(Shard shard, CancellationToken cancel)
    {
        // First what the shard has, then who there is: a webhook that is made in between has nothing there yet.
        var found = await OnShardAsync(shard, cancel);
        if (found.Count == 0)
            return 0;
        string[] gone = [.. found.Except((await _store.AllAsync(cancel)).Select(webhook => webhook.WebhookId), StringComparer.Ordinal)];
        if (gone.Length == 0)
            return 0;
        await using var connection = await shard.Database.OpenConnectionAsync(cancel);
        await using var batch = new Npgsql.NpgsqlBatch(connection);
        batch.BatchCommands.Add(Sql.Command("delete from oplog_followers where split_part(follower, '/', 1) = 'webhook' and split_part(follower, '/', 2) = any($1)", Sql.Array(gone)));
        batch.BatchCommands.Add(Sql.Command("delete from webhook_dead_deliveries where webhook_id = any($1)", Sql.Array(gone)));
        return await batch.ExecuteNonQueryAsync(cancel);
    }

    private static async Task<List<string>> OnShardAsync(Shard shard, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand(
            "select split_part(follower, '/', 2) from oplog_followers where split_part(follower, '/', 1) = 'webhook' union select webhook_id from webhook_dead_deliveries");
        var found = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            found.Add(reader.GetString(0));
        return found;
    }
}
