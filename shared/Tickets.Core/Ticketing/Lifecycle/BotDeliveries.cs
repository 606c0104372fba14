using System.Globalization;
using System.Text.Json;
using Npgsql;
using Tickets.Core.Notifications;
using Tickets.Core.Orchestration;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>
/// Messages of steps to bots. Each is an orchestration of its own, named after the step: looked for again it is found, not sent again; and it tells the ticket's
/// orchestration when it has come to its end.
/// </summary>
internal sealed class BotDeliveries(ShardSet shards, TaskHubs hubs, TimeProvider clock)
{
    /// <summary>Should its word be lost, it is looked for all the same.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMinutes(1);

    public async Task<StepOutcome> DeliverAsync(LifecycleState state, string address, string queue, CancellationToken cancel)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"delivery/{state.Stay}/{state.StepsTaken}");
        using var body = JsonDocument.Parse(TicketNotifications.Message(state, queue));
        var message = new WebhookMessage(address, "ticket.entered", body.RootElement)
        {
            Key = id,
            Tells = new EventAtEnd(LifecycleChanges.InstanceOf(state.TicketId), TicketTold.Event, JsonSerializer.SerializeToElement(new TicketTold(0, clock.GetUtcNow(), StepEnded: true), JsonSerializerOptions.Web)),
        };
        await using var connection = await shards[state.Shard].Database.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var start in OrchestrationStatements.Start([OrchestrationStart.Of(id, WebhookDelivery.Name, message)], clock.GetUtcNow()))
            batch.BatchCommands.Add(start);
        batch.BatchCommands.Add(Sql.Command("select status, failure->>'errorMessage' from orchestrations where instance_id = $1", Sql.Value(id)));
        short status;
        string? failure;
        await using (var reader = await batch.ExecuteReaderAsync(cancel))
        {
            await reader.ReadAsync(cancel);
            (status, failure) = (reader.GetInt16(0), reader.TextOrNull(1));
        }

        hubs[state.Shard].Wake();
        return (OrchestrationRuntimeStatus)status switch
        {
            OrchestrationRuntimeStatus.Completed => StepOutcome.Done,
            OrchestrationRuntimeStatus.Failed => StepOutcome.Failed($"The bot at {address} did not take the message: {failure}"),
            OrchestrationRuntimeStatus.Terminated => StepOutcome.Failed($"The message to the bot at {address} was given up by an operator."),
            _ => StepOutcome.TryAgain(Look),
        };
    }
}
