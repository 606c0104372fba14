using Spectre.Console;
using Tickets.Client;
using Tickets.Local.Demo;

namespace Tickets.Local.Commands;

/// <summary>Starts a stack with its progress on the console, runs one command's work on it and stops it.</summary>
internal static class StackSession
{
    /// <param name="options">The stack.</param>
    /// <param name="work">Answers the exit code.</param>
    /// <param name="cancellationToken">Ctrl-C, or SIGTERM.</param>
    /// <param name="interrupted">The exit code when it was told to stop: nothing wrong with that while it serves.</param>
    /// <returns>The exit code; 1 when the stack cannot be started.</returns>
    public static async Task<int> RunAsync(
        LocalStackOptions options, Func<LocalStack, CancellationToken, Task<int>> work, CancellationToken cancellationToken, int interrupted = 0)
    {
        try
        {
            await using var stack = await StartAsync(options, cancellationToken);
            var exit = await WorkAsync(stack, work, interrupted, cancellationToken);
            AnsiConsole.WriteLine("Stopping.");
            return exit;
        }
        catch (Exception e) when (e is LocalStackException or DemoFailedException or TicketsException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return interrupted;
        }
        catch (Exception e)
        {
            // Not foreseen, so where it happened is told too; what was started has been stopped all the same.
            await Console.Error.WriteLineAsync(e.ToString());
            return 1;
        }
    }

    private static async Task<int> WorkAsync(LocalStack stack, Func<LocalStack, CancellationToken, Task<int>> work, int interrupted, CancellationToken cancellationToken)
    {
        try
        {
            return await work(stack, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return interrupted;
        }
    }

    private static async Task<LocalStack> StartAsync(LocalStackOptions options, CancellationToken cancellationToken)
    {
        if (!AnsiConsole.Profile.Capabilities.Interactive || Console.IsOutputRedirected)
            return await LocalStack.StartAsync(options with { Progress = new StepReport(Console.WriteLine) }, cancellationToken);

        return await AnsiConsole.Status().StartAsync("Starting", status =>
        {
            var steps = new StepReport(step => status.Status(Markup.Escape(step)));
            return LocalStack.StartAsync(options with { Progress = steps }, cancellationToken);
        });
    }

    /// <summary>Unlike <see cref="Progress{T}"/> it reports in order, before the step begins.</summary>
    private sealed class StepReport(Action<string> show) : IProgress<string>
    {
        public void Report(string value) => show(value);
    }
}
