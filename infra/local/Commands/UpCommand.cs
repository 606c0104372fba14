using System.CommandLine;
using Spectre.Console;

namespace Tickets.Local.Commands;

/// <summary><c>up</c>: serves until Ctrl-C or SIGTERM.</summary>
internal static class UpCommand
{
    public static Command Define(Option<string?> data, Option<string?> app)
    {
        var command = new Command("up", "Start everything and serve until Ctrl-C.");
        command.SetAction((arguments, cancellationToken) => RunAsync(StackArguments.Read(arguments, data, app), cancellationToken));
        return command;
    }

    public static Task<int> RunAsync(LocalStackOptions options, CancellationToken cancellationToken) =>
        StackSession.RunAsync(options, ServeAsync, cancellationToken);

    public static async Task<int> ServeAsync(LocalStack stack, CancellationToken cancellationToken)
    {
        StackSummary.Print(stack, await FirstRequest.PrepareAsync(stack.Apps[0].Address, stack.DevelopmentKey!, cancellationToken));
        AnsiConsole.WriteLine("Serving until Ctrl-C.");
        var failure = await stack.WaitForFailureAsync(cancellationToken);
        await Console.Error.WriteLineAsync(failure);
        return 1;
    }
}
