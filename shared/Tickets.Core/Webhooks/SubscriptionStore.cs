using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Webhooks;

namespace Tickets.Core.Webhooks;

/// <summary>The webhooks in the settings database.</summary>
internal sealed class SubscriptionStore(NpgsqlDataSource settings)
{
    private const string Columns = "webhook_id, url, secret, queue, kinds, queue_prefixes, description, status, run, start_cursor, created_at";

    public Task<IReadOnlyList<Subscription>> AllAsync(CancellationToken cancel) => ReadAsync($"select {Columns} from webhooks order by created_at, webhook_id", [], cancel);

    public async Task<Subscription?> FindAsync(string webhookId, CancellationToken cancel) =>
        (await ReadAsync($"select {Columns} from webhooks where webhook_id = $1", [Sql.Value(webhookId)], cancel)).SingleOrDefault();

    /// <returns>False when there are as many as there may be.</returns>
    public async Task<bool> TryAddAsync(Subscription webhook, int most, CancellationToken cancel) => await ExecuteAsync(
        $"""
        insert into webhooks ({Columns})
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 where (select count(*) from webhooks) < $12
        """,
        [
            Sql.Value(webhook.WebhookId), Sql.Value(webhook.Url.AbsoluteUri), Sql.Value(webhook.Secret.Text), Optional(webhook.Queue), Sql.Array([.. webhook.Kinds]), Sql.Array([.. webhook.QueuePrefixes]),
            Optional(webhook.Description), Sql.Value(webhook.Status), Sql.Value(webhook.Run), Sql.Value(webhook.StartCursor), Sql.Value(webhook.CreatedAt), Sql.Value(most),
        ],
        cancel);

    public Task<bool> RemoveAsync(string webhookId, CancellationToken cancel) => ExecuteAsync("delete from webhooks where webhook_id = $1", [Sql.Value(webhookId)], cancel);

    public Task<bool> SetStatusAsync(string webhookId, string status, CancellationToken cancel) =>
        ExecuteAsync("update webhooks set status = $2 where webhook_id = $1", [Sql.Value(webhookId), Sql.Value(status)], cancel);

    /// <summary>Begins anew at a cursor.</summary>
    public Task<bool> RestartAsync(string webhookId, string cursor, CancellationToken cancel) =>
        ExecuteAsync("update webhooks set run = run + 1, start_cursor = $2, status = 'active' where webhook_id = $1", [Sql.Value(webhookId), Sql.Value(cursor)], cancel);

    private async Task<IReadOnlyList<Subscription>> ReadAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancel)
    {
        await using var command = settings.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<Subscription>();
        while (await reader.ReadAsync(cancel))
        {
            found.Add(new Subscription(
                reader.GetString(0), new Uri(reader.GetString(1)), WebhookSecret.TryParse(reader.GetString(2))!, reader.TextOrNull(3), reader.GetFieldValue<string[]>(4), reader.GetFieldValue<string[]>(5),
                reader.TextOrNull(6), reader.GetString(7), reader.GetInt32(8), reader.GetString(9), reader.Time(10)));
        }

        return found;
    }

    private async Task<bool> ExecuteAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancel)
    {
        await using var command = settings.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        return await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    private static NpgsqlParameter Optional(string? text) => new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text };
}
