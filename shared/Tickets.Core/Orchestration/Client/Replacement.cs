using Npgsql;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Client;

/// <summary>Starts an orchestration under an id that may have been used.</summary>
internal static class Replacement
{
    /// <exception cref="OrchestrationAlreadyExistsException">There is one in a state that is not to be replaced.</exception>
    public static async Task<bool> RunAsync(NpgsqlConnection connection, OrchestrationStart start, IReadOnlyList<OrchestrationRuntimeStatus> dedupe, DateTimeOffset now, CancellationToken cancel)
    {
        // First what workers lock first, and all of it at once: two that want the same rows wait for each other in one order.
        await Terminations.HoldAsync(connection, start.InstanceId, cancel);
        if (await StatusAsync(connection, start.InstanceId, cancel) is { } status)
        {
            if (dedupe.Contains(status))
                throw new OrchestrationAlreadyExistsException(start.InstanceId);
            await Terminations.EndAsync(connection, start.InstanceId, output: null, recursive: true, now, cancel);
        }

        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Sql.Command("delete from orchestration_history where instance_id = $1", Sql.Value(start.InstanceId)));
        batch.BatchCommands.Add(OrchestrationStatements.StartCommand([start], now, returning: true, OrchestrationStatements.ReplaceEnded));
        return await batch.ExecuteScalarAsync(cancel) is null ? throw new OrchestrationAlreadyExistsException(start.InstanceId) : true;
    }

    /// <summary>Of the instance, whose row is locked: of two replacements at once the second sees what the first has made.</summary>
    private static async Task<OrchestrationRuntimeStatus?> StatusAsync(NpgsqlConnection connection, string instanceId, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            select case when o.status > 0 then o.status when r.stalled = 1 then 5 when r.stalled = 2 then 6 when r.steps = 0 then 4 else 0 end
            from orchestrations o left join orchestration_ready r using (instance_id) where o.instance_id = $1 for update of o
            """,
            connection);
        command.Parameters.Add(Sql.Value(instanceId));
        return await command.ExecuteScalarAsync(cancel) is int status ? (OrchestrationRuntimeStatus)status : null;
    }
}
