using System.Text.Json;
using Tickets.Client;
using Tickets.Contracts;

namespace Tickets.Cli;

/// <summary>Waits for a long operation, its progress on standard error, and shows how it ended.</summary>
internal static class OperationWait
{
    public static async Task<int> RunAsync(Session session, string operationId, CancellationToken cancel)
    {
        var view = new OperationProgressView(session.Terminal);
        try
        {
            var ended = await session.Client.Operation(operationId).WaitAsync(view, cancel);
            view.End();
            session.Answers.Write(JsonSerializer.SerializeToNode(ended, TicketsJson.Default.Operation));
            return ExitCode.Ok;
        }
        catch (TicketsOperationException failed)
        {
            view.End();
            session.Answers.Write(JsonSerializer.SerializeToNode(failed.Operation, TicketsJson.Default.Operation));
            return ExitCode.OperationFailed;
        }
        catch (OperationCanceledException)
        {
            view.End();
            session.Terminal.Error.WriteLine($"The operation goes on. To see how it stands: tickets operation get {operationId}");
            throw;
        }
    }
}
