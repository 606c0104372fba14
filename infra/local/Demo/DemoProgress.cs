using System.Diagnostics;
using Spectre.Console;

namespace Tickets.Local.Demo;

/// <summary>Shows a step going on.</summary>
internal abstract class DemoProgress
{
    /// <summary>Bars on a terminal, lines elsewhere.</summary>
    public static DemoProgress ForConsole() =>
        AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected ? new Bars(AnsiConsole.Console) : new Lines(Console.WriteLine);

    /// <param name="what">Such as <c>Importing reports</c>.</param>
    /// <param name="total">How often the step will report.</param>
    /// <param name="work">Given what it calls, from any thread, each time that one more is done.</param>
    public abstract Task<T> StepAsync<T>(string what, long total, Func<Action, Task<T>> work);

    private sealed class Bars(IAnsiConsole console) : DemoProgress
    {
        public override Task<T> StepAsync<T>(string what, long total, Func<Action, Task<T>> work) =>
            console.Progress()
                .Columns(new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
                .StartAsync(async context =>
                {
                    var bar = context.AddTask(Markup.Escape(what), maxValue: Math.Max(1, total));
                    var answer = await work(() => bar.Increment(1));
                    bar.Value = bar.MaxValue;
                    return answer;
                });
    }

    internal sealed class Lines(Action<string> write) : DemoProgress
    {
        private static readonly TimeSpan Every = TimeSpan.FromSeconds(3);

        public override async Task<T> StepAsync<T>(string what, long total, Func<Action, Task<T>> work)
        {
            var (gate, done, watch, shown) = (new Lock(), 0L, Stopwatch.StartNew(), TimeSpan.Zero);
            write($"{what} ({total:N0})");
            var answer = await work(() =>
            {
                lock (gate)
                {
                    done++;
                    if (watch.Elapsed - shown < Every) return;
                    shown = watch.Elapsed;
                    write($"  {done:N0} of {total:N0} after {shown.TotalSeconds:0} s");
                }
            });
            write($"  done in {watch.Elapsed.TotalSeconds:0.0} s");
            return answer;
        }
    }
}
