using System.CommandLine;

namespace Tickets.Local.Commands;

/// <summary><c>demo</c>: shows that the stack works, and exits with 0 or 1.</summary>
internal static class DemoCommand
{
    public static Command Define(Option<string?> data, Option<string?> app)
    {
        var command = new Command("demo", "Start everything, show that it works, stop.");
        command.SetAction((arguments, cancellationToken) => StackSession.RunAsync(StackArguments.Read(arguments, data, app), ShowAsync, cancellationToken));
        return command;
    }

    private static Task<int> ShowAsync(LocalStack stack, CancellationToken cancellationToken)
    {
        StackSummary.Print(stack);
        Console.WriteLine("Every part of the stack answers.");
        return Task.FromResult(0);
    }
}
