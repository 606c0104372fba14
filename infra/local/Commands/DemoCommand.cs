using System.CommandLine;
using System.Diagnostics;
using Spectre.Console;
using Tickets.Local.Demo;

namespace Tickets.Local.Commands;

/// <summary><c>demo</c>: the main job on real data, on a clean stack of its own. Exits with 0 when every check holds, else with 1.</summary>
internal static class DemoCommand
{
    private const int Interrupted = 130;

    // Files and pipes have no width of their own; this one lets every line stand whole.
    private const int WidthOfFiles = 160;

    public static Command Define(Option<string?> data, Option<string?> app)
    {
        var keep = new Option<bool>("--keep") { Description = "Serve what the demo made until Ctrl-C." };
        var command = new Command("demo", "10,000 real incident reports from create to cold storage, checked. Begins anew each time, in .local/demo (in <data>/demo with --data).") { keep };
        command.SetAction((arguments, cancellationToken) =>
        {
            var options = Options(StackArguments.Read(arguments, data, app), arguments.GetValue(data));
            return StackSession.RunAsync(options, (stack, cancel) => ShowAsync(stack, options.DataDirectory, arguments.GetValue(keep), cancel), cancellationToken, Interrupted);
        });
        return command;
    }

    /// <summary>Never on servers that somebody else runs: a demo that begins anew would have to wipe them.</summary>
    private static LocalStackOptions Options(LocalStackOptions given, string? data) => given with
    {
        DataDirectory = data is null ? Repository.PathTo(".local", "demo") : Path.Combine(given.DataDirectory, "demo"),
        WipeAtStart = true,
        ExistingPostgres = null,
        ExistingStorage = null,
        ExistingServiceBus = null,
    };

    private static IAnsiConsole Output()
    {
        if (!Console.IsOutputRedirected) return AnsiConsole.Console;
        var plain = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        plain.Profile.Width = WidthOfFiles;
        return plain;
    }

    private static async Task<int> ShowAsync(LocalStack stack, string data, bool keep, CancellationToken cancellationToken)
    {
        var exit = await RunAsync(stack, cancellationToken);
        if (keep) return await ServeAsync(stack, exit, cancellationToken);
        Console.WriteLine($"To look at the tickets: dotnet run --project infra/local -- up --data {Path.GetRelativePath(Environment.CurrentDirectory, data)}");
        return exit;
    }

    /// <summary>Being told to stop is the good end of serving: the exit code is the demo's then.</summary>
    private static async Task<int> ServeAsync(LocalStack stack, int exit, CancellationToken cancellationToken)
    {
        try
        {
            return await UpCommand.ServeAsync(stack, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return exit;
        }
    }

    private static async Task<int> RunAsync(LocalStack stack, CancellationToken cancellationToken)
    {
        Console.WriteLine($"Tickets at {stack.Apps[0].Address}; logs in {stack.LogDirectory}");
        Console.WriteLine("What the robots do with a report:");
        foreach (var rule in IncidentRules.InWords) Console.WriteLine($"  {rule}");

        var took = Stopwatch.StartNew();
        using var demo = new DemoRun(stack, await DemoFiles.ReportsAsync(cancellationToken), DemoProgress.ForConsole());
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var failure = stack.WaitForFailureAsync(either.Token);
        var run = demo.RunAsync(either.Token);
        try
        {
            // A server that ended is the reason, what the robots then meet its consequence.
            if (await Task.WhenAny(run, failure) == failure) throw new DemoFailedException(await failure);
            var result = await run;
            DemoTable.Write(Output(), result);
            Console.WriteLine(result.Holds ? $"Every check holds; {took.Elapsed.TotalSeconds:0} s." : $"Not every check holds; {took.Elapsed.TotalSeconds:0} s.");
            return result.Holds ? 0 : 1;
        }
        finally
        {
            await either.CancelAsync();
            await Task.WhenAll(run, failure).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
