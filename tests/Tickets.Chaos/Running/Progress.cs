using System.Diagnostics;

namespace Tickets.Chaos.Running;

/// <summary>How far a run is, for who waits: a bar on a terminal, a line each ten seconds elsewhere.</summary>
internal sealed class Progress(string name, TimeSpan expected, TextWriter output)
{
    private const int Cells = 30;
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(10);

    private readonly bool _isTerminal = !Console.IsErrorRedirected;
    private readonly Stopwatch _running = Stopwatch.StartNew();
    private TimeSpan _lastLine = -Between;

    /// <summary>A new stage: always a line of its own.</summary>
    public void Stage(string text)
    {
        output.WriteLine($"{(_isTerminal ? "\r\e[K" : "")}{DateTime.Now:HH:mm:ss} {name}: {text}");
        _lastLine = _running.Elapsed;
    }

    /// <summary>Tells again and again until told to stop.</summary>
    public async Task WhileAsync(Func<string> what, CancellationToken stop)
    {
        var began = _running.Elapsed;
        while (!stop.IsCancellationRequested)
        {
            Show(_running.Elapsed - began, what());
            await Task.Delay(500, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (_isTerminal)
            output.Write("\r\e[K");
    }

    private void Show(TimeSpan elapsed, string text)
    {
        if (_isTerminal)
        {
            var filled = (int)Math.Min(Cells, Cells * elapsed / expected);
            output.Write($"\r\e[K{name} [{new string('#', filled)}{new string('.', Cells - filled)}] {elapsed:mm\\:ss}/{expected:mm\\:ss} {text}");
        }
        else if (_running.Elapsed - _lastLine >= Between)
        {
            Stage($"{elapsed:mm\\:ss} of {expected:mm\\:ss}, {text}");
        }
    }
}
