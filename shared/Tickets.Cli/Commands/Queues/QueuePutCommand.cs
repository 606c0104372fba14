namespace Tickets.Cli;

internal sealed class QueuePutCommand(Shell shell, GlobalOptions global) : PutCommand(shell, global, "queue", "/queues", "queue");
