namespace Tickets.Cli;

internal sealed class WorkflowPutCommand(Shell shell, GlobalOptions global) : PutCommand(shell, global, "workflow", "/workflows", "workflow_id");
