using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Tickets.Client;
using Tickets.Client.Import;

namespace Tickets.Cli;

/// <summary>The <c>tickets</c> command: parses, runs, and turns whatever goes wrong into one line and an exit code.</summary>
internal static class CommandLine
{
    private const int HelpWidth = 110;

    public static async Task<int> RunAsync(string[] args, Shell shell, CancellationToken cancel = default)
    {
        // No response files: @ names files in assignments.
        var parsed = Root(shell).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        var faulty = parsed.Action as ParseErrorAction;
        faulty?.ShowHelp = parsed.UnmatchedTokens.Count == 0 && parsed.CommandResult.Command.Subcommands.Count > 0;
        var configuration = new InvocationConfiguration
        {
            Output = faulty is null ? shell.Terminal.Out : shell.Terminal.Error,
            Error = shell.Terminal.Error,
            EnableDefaultExceptionHandler = false,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, cancel);
        }
        catch (Exception e) when (Classify(e) is { } code)
        {
            shell.Terminal.Error.WriteLine(e is OperationCanceledException ? "Interrupted." : $"error: {e.Message}");
            return code;
        }
    }

    private static RootCommand Root(Shell shell)
    {
        var global = new GlobalOptions();
        var root = new RootCommand($"The console client of Tickets. Answers go to standard output, the address asked and the HTTP code to standard error.\n\n{ExitCode.Explanation}\n\n{Profiles}")
        {
            new Command("nonce", "Numbers of tickets to come.") { new NonceTakeCommand(shell, global) },
            new Command("ticket", "Create, read, change and search tickets.")
            {
                new TicketCreateCommand(shell, global),
                new TicketGetCommand(shell, global),
                new TicketUpdateCommand(shell, global),
                new TicketFindCommand(shell, global),
                new TicketAcceptCommand(shell, global),
                new TicketBulkCommand(shell, global),
                OperationCommands.Restore(shell, global),
                OperationCommands.Erase(shell, global),
            },
            new Command("oplog", "The log of all changes.") { new OplogListCommand(shell, global), new OplogGetCommand(shell, global), new OplogSkipCommand(shell, global), new OplogTailCommand(shell, global) },
            new Command("workflow", "Statuses and the ways between them.")
            {
                new WorkflowListCommand(shell, global), new WorkflowGetCommand(shell, global), new WorkflowPutCommand(shell, global),
                new WorkflowLintCommand(shell, global), new WorkflowDrawCommand(shell, global),
            },
            new Command("queue", "Queues and their settings.")
            {
                new QueueListCommand(shell, global), new QueueGetCommand(shell, global), new QueuePutCommand(shell, global),
                OperationCommands.MoveQueue(shell, global), new QueueIndexUsageCommand(shell, global),
            },
            KeyCommands.Key(shell, global),
            KeyCommands.Audit(shell, global),
            OperationCommands.Operation(shell, global),
            OperationCommands.Cold(shell, global),
            WebhookCommands.Webhook(shell, global),
            OrchestrationCommands.Orchestration(shell, global),
            OrchestrationCommands.Notification(shell, global),
            OrchestrationCommands.Upkeep(shell, global),
            new ImportCommand(shell, global),
            new ExportCommand(shell, global),
            new HealthCommand(shell, global),
            new DoctorCommand(shell, global),
            new MetricsCommand(shell, global),
            new OverviewCommand(shell, global),
            new CompletionCommand(shell),
        };
        foreach (var option in global.All) root.Options.Add(option);
        foreach (var help in root.Options.OfType<HelpOption>()) ((HelpAction)help.Action!).MaxWidth = HelpWidth;
        return root;
    }

    /// <summary>Null lets a bug through, with its stack.</summary>
    private static int? Classify(Exception e) => e switch
    {
        UsageException or ImportMappingException or ImportStateException or ImportFileException => ExitCode.Usage,
        TicketsProblemException problem => ExitCode.Of(problem.Status),
        TicketsUnreachableException => ExitCode.Unreachable,
        TicketsOperationException => ExitCode.OperationFailed,
        OperationCanceledException => ExitCode.Interrupted,
        IOException or UnauthorizedAccessException => ExitCode.Usage,
        _ => null,
    };

    private const string Profiles =
        $"""
        Profiles are kept in ~/.config/tickets/profiles.json or ${ProfileFile.PathVariable}:
          {ProfileFile.Example}
        """;
}
