using System.CommandLine;
using Tickets.Local.Processes;

namespace Tickets.Local.Commands;

/// <summary><c>reset</c>: deletes the stack's data, never that of servers which somebody else runs.</summary>
internal static class ResetCommand
{
    public static Command Define(Option<string?> data)
    {
        var command = new Command("reset", "Delete the stack's data; refused while it runs.");
        command.SetAction(arguments => Run(arguments.GetValue(data) ?? new LocalStackOptions().DataDirectory));
        return command;
    }

    private static int Run(string folder)
    {
        try
        {
            using var directory = StackDirectory.Claim(folder);
            if (LeftoverProcesses.AnyIn(directory.Pids))
                throw new LocalStackException($"Servers of a stack that was killed are still stopping on {directory.Root}; try again in a moment.");
            var kept = directory.WipeOwn();
            Console.WriteLine($"Wiped {directory.Root}.");
            if (kept) Console.WriteLine($"Kept {directory.Elsewhere}: cold tickets and keys of databases on other servers. Delete it together with those.");
            return 0;
        }
        catch (LocalStackException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }
}
