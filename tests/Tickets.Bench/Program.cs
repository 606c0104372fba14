using System.CommandLine;
using Tickets.Bench;
using Tickets.Bench.Cold;
using Tickets.Bench.Hot;
using Tickets.Bench.Orchestration;
using Tickets.Bench.Oplog;
using Tickets.Bench.Report;
using Tickets.Bench.Start;
using Tickets.Local;

IBenchArea[] areas = [new HotArea(), new OrchestrationArea(), new OplogArea(), new ColdArea(), new StartArea()];

var quick = new Option<bool>("--quick") { Description = "Smaller and shorter: at most three minutes, for a first look.", Recursive = true };
var only = new Option<string[]>("--only") { Description = "Names of figures to measure, separated by commas.", Recursive = true, AllowMultipleArgumentsPerToken = true };
var chart = new Option<bool>("--chart") { Description = "Also draws docs/performance/AREA.svg.", Recursive = true };
var app = new Option<string?>("--app") { Description = "Another executable of the function app, such as a published one.", Recursive = true };

var root = new RootCommand("Measures Tickets. Prints figures with their targets and ends with 0 when all are reached, 1 when one is short, 2 when it could not measure.") { quick, only, chart, app };
foreach (var area in areas)
{
    var command = new Command(area.Name, $"{area.Description} Figures: {string.Join(", ", area.Figures)}.");
    command.SetAction((arguments, _) => RunAsync(area, arguments));
    root.Add(command);
}

return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });

async Task<int> RunAsync(IBenchArea area, ParseResult arguments)
{
    var names = (arguments.GetValue(only) ?? []).SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries)).ToList();
    if (names.Except(area.Figures).FirstOrDefault() is { } unknown)
    {
        await Console.Error.WriteLineAsync($"{area.Name} has no figure '{unknown}'; it has {string.Join(", ", area.Figures)}.");
        return 2;
    }

    var sheet = new Sheet(Console.Out, Console.Error);
    try
    {
        await area.RunAsync(new BenchRequest(arguments.GetValue(quick), names, arguments.GetValue(app), sheet));
        if (arguments.GetValue(chart))
            sheet.Progress($"Drew {await ChartFile.WriteAsync(area.Name, area.Title, sheet.Figures)}");
        return sheet.Figures.All(figure => figure.IsReached) ? 0 : 1;
    }
    catch (Exception e) when (e is BenchException or LocalStackException)
    {
        await Console.Error.WriteLineAsync(e.Message);
        return 2;
    }
}
