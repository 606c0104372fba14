using System.CommandLine;

namespace Tickets.Cli;

internal sealed class OperationWaitCommand : ApiCommand
{
    private readonly Argument<string> _id = new("operation-id") { Description = "The operation." };

    public OperationWaitCommand(Shell shell, GlobalOptions global) : base(shell, global, "wait", "Waits until an operation has ended, and shows it.") => Arguments.Add(_id);

    protected override async Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken cancel)
    {
        var id = parsed.GetRequiredValue(_id);
        session.Say(HttpMethod.Get, OperationCommands.To(id));
        return await OperationWait.RunAsync(session, id, cancel);
    }
}
