using Spectre.Console;

namespace Tickets.Local.Demo;

/// <summary>The demo's last word.</summary>
internal static class DemoTable
{
    private const int FaultsShown = 5;

    public static void Write(IAnsiConsole console, DemoResult result)
    {
        console.Write(WorkTable(result.Work));
        console.MarkupLineInterpolated($"Tickets by status   {string.Join(", ", result.TicketsByStatus.Select(s => $"{s.Value:N0} {s.Key}"))}");
        console.MarkupLineInterpolated($"Cold lookups        {Requests(result.StorageRequests)}");
        console.MarkupLineInterpolated($"Cold storage        {Storage(result.Cold)}");
        console.WriteLine();
        foreach (var check in result.Checks) Write(console, check);
        console.WriteLine();
    }

    private static Table WorkTable(IReadOnlyList<Work> work)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("What was done");
        foreach (var heading in new[] { "How many", "Seconds", "Per second", "p50 ms", "p99 ms" }) table.AddColumn(new TableColumn(heading).RightAligned());
        foreach (var row in work)
        {
            table.AddRow(
                Markup.Escape(row.What), row.Count.ToString("N0"), row.Took.TotalSeconds.ToString("N1"), row.PerSecond.ToString("N0"),
                row.P50Ms?.ToString("N1") ?? "", row.P99Ms?.ToString("N1") ?? "");
        }

        return table;
    }

    private static string Requests(IReadOnlyList<int> requests) => requests.Count == 0
        ? "none"
        : $"{requests.Average():0.00} storage requests per lookup (from {requests.Min()} to {requests.Max()})";

    private static string Storage(ColdStorage cold) => cold.Tickets == 0
        ? "empty"
        : $"{(double)cold.Bytes / cold.Tickets:N0} bytes per ticket stored, {(double)cold.RawBytes / cold.Tickets:N0} as raw JSON; {cold.Parts:N0} parts of {(double)cold.Tickets / cold.Parts:0.0} tickets";

    private static void Write(IAnsiConsole console, Check check)
    {
        if (check.Holds)
        {
            console.MarkupLineInterpolated($"[green]holds[/]   {check.Name}");
            return;
        }

        console.MarkupLineInterpolated($"[red]FAILED[/]  {check.Name}");
        foreach (var fault in check.Faults.Take(FaultsShown)) console.MarkupLineInterpolated($"        {fault}");
        if (check.Faults.Count > FaultsShown) console.MarkupLineInterpolated($"        … and {check.Faults.Count - FaultsShown:N0} more");
    }
}
