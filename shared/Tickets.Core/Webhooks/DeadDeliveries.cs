using Tickets.Contracts;
using Tickets.Core.Platform;

namespace Tickets.Core.Webhooks;

/// <summary>Deliveries that were given up, on the shard of their ops.</summary>
internal static class DeadDeliveries
{
    private const int Kept = 1000;

    /// <summary>Of each webhook and shard the newest thousand are kept.</summary>
    public static async Task AddAsync(Shard shard, Subscription webhook, DeadDelivery dead, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand(
            $"""
            with dead as (
                insert into webhook_dead_deliveries (webhook_id, delivery_id, first_opid, last_opid, attempts, failure, died_at)
                values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing)
            delete from webhook_dead_deliveries where webhook_id = $1 and delivery_id in
                (select delivery_id from webhook_dead_deliveries where webhook_id = $1 order by died_at desc offset {Kept - 1})
            """);
        command.Parameters.Add(Sql.Value(webhook.WebhookId));
        command.Parameters.Add(Sql.Value(dead.DeliveryId));
        command.Parameters.Add(Sql.Value(dead.FirstOpid));
        command.Parameters.Add(Sql.Value(dead.LastOpid));
        command.Parameters.Add(Sql.Value(dead.Attempts));
        command.Parameters.Add(Sql.Value(dead.Failure));
        command.Parameters.Add(Sql.Value(dead.DiedAt));
        await command.ExecuteNonQueryAsync(cancel);
    }

    public static async Task<IReadOnlyList<DeadDelivery>> ReadAsync(Shard shard, string webhookId, int most, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand(
            "select delivery_id, first_opid, last_opid, attempts, failure, died_at from webhook_dead_deliveries where webhook_id = $1 order by died_at desc limit $2");
        command.Parameters.Add(Sql.Value(webhookId));
        command.Parameters.Add(Sql.Value(most));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var dead = new List<DeadDelivery>();
        while (await reader.ReadAsync(cancel))
            dead.Add(new DeadDelivery(reader.GetString(0), shard.Name, reader.GetInt64(1), reader.GetInt64(2), reader.GetInt32(3), reader.GetString(4), reader.Time(5)));
        return dead;
    }
}
