using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class WorkflowGetCommand : RequestCommand
{
    private readonly Argument<string> _id = new("workflow-id") { Description = "The workflow." };

    public WorkflowGetCommand(Shell shell, GlobalOptions global) : base(shell, global, "get", "Shows a workflow.") => Arguments.Add(_id);

    protected override TicketsRequest Request(ParseResult parsed) => new(HttpMethod.Get, Route.To("/workflows", ("workflow_id", parsed.GetRequiredValue(_id))));
}
