using System.Globalization;
using Tickets.Contracts;

namespace Tickets.Cli;

/// <summary>A bar that is drawn over itself where a person watches; elsewhere a line each time a tenth is done.</summary>
internal sealed class OperationProgressView(ITerminal terminal) : IProgress<Operation>
{
    private const int BarWidth = 30;

    private string _last = "";
    private bool _drawn;

    public void Report(Operation operation)
    {
        var line = terminal.IsInteractive ? Bar(operation) : Tenth(operation);
        if (line == _last) return;
        _last = line;
        if (!terminal.IsInteractive)
        {
            terminal.Error.WriteLine(line);
            return;
        }

        _drawn = true;
        terminal.Error.Write($"\r{line}\u001b[K");
    }

    public void End()
    {
        if (_drawn) terminal.Error.WriteLine();
        _drawn = false;
    }

    private static string Bar(Operation operation)
    {
        if (operation.Progress is not { Total: > 0 } progress) return $"{operation.Kind} {operation.Status}";
        var full = (int)(BarWidth * Share(progress));
        return string.Create(CultureInfo.InvariantCulture, $"{operation.Kind} [{new string('#', full)}{new string('.', BarWidth - full)}] {Share(progress):P0} {progress.Done:N0} of {progress.Total:N0} {progress.Unit}");
    }

    private static string Tenth(Operation operation) => operation.Progress is { Total: > 0 } progress
        ? string.Create(CultureInfo.InvariantCulture, $"{operation.Kind} {operation.Status}: {(int)(Share(progress) * 10) * 10}% of {progress.Total:N0} {progress.Unit}")
        : $"{operation.Kind} {operation.Status}";

    private static double Share(OperationProgress progress) => Math.Clamp((double)progress.Done / progress.Total, 0, 1);
}
