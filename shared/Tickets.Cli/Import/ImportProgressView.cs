using System.Globalization;
using Spectre.Console;
using Tickets.Client.Import;

namespace Tickets.Cli;

/// <summary>Shows an import going on: a bar for a person, a line now and then for a log.</summary>
internal static class ImportProgressView
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5);

    /// <param name="terminal">Draws on its error stream.</param>
    /// <param name="fraction">How much of the file has been read, 0 to 1.</param>
    /// <param name="import">The import, given what it is to report to.</param>
    public static Task<ImportSummary> WatchAsync(ITerminal terminal, Func<double> fraction, Func<Action<ImportProgress>, Task<ImportSummary>> import) =>
        terminal.IsInteractive ? DrawAsync(terminal, fraction, import) : import(Lines(terminal));

    private static async Task<ImportSummary> DrawAsync(ITerminal terminal, Func<double> fraction, Func<Action<ImportProgress>, Task<ImportSummary>> import)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(terminal.Error) });
        return await console.Progress()
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(), new TaskDescriptionColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask("rows", maxValue: 1);
                return await import(progress =>
                {
                    bar.Value = fraction();
                    bar.Description = Describe(progress);
                });
            });
    }

    private static Action<ImportProgress> Lines(ITerminal terminal)
    {
        var last = TimeProvider.System.GetTimestamp();
        return progress =>
        {
            if (TimeProvider.System.GetElapsedTime(last) < LineEvery) return;
            last = TimeProvider.System.GetTimestamp();
            terminal.Error.WriteLine(Describe(progress));
        };
    }

    private static string Describe(ImportProgress progress) => string.Create(CultureInfo.InvariantCulture,
        $"{progress.Rows:N0} rows: {progress.Created:N0} created, {progress.Skipped:N0} done before, {progress.Failed:N0} failed");
}
