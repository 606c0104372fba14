using System.Globalization;

namespace Tickets.Chaos.Scale;

/// <summary>The sizes side by side, as docs/scale.md has them.</summary>
internal static class ScaleTable
{
    public static readonly IReadOnlyList<double> Sizes = [150e6, 1.5e9, 15e9];

    public static IReadOnlyList<string> Rows()
    {
        var models = Sizes.Select(size => new ScaleModel(size)).ToList();
        string Row(string name, Func<ScaleModel, string> value) => $"| {name} | {string.Join(" | ", models.Select(value))} |";
        return
        [
            Row("tickets a year", model => Number(model.TicketsPerYear)),
            Row("requests a second, mean", model => Number(model.Mean)),
            Row("requests a second, burst", model => Number(model.Burst)),
            Row("shards", model => Number(model.Shards)),
            Row("processes of one core at the burst", model => Number(model.Processes)),
            Row("connections to each database", model => Number(model.ConnectionsPerDatabase) + (model.ConnectionsFit ? "" : " (too many)")),
            Row("Service Bus messaging units at the burst", model => Number(model.MessagingUnits)),
            Row("hot tier and change log", model => $"{Number(model.HotGigabytes)} GB"),
            Row("cold tier after five years", model => $"{Number(model.ColdGigabytes)} GB"),
            Row("example cost a month", model => $"${Number(model.Dollars)}"),
        ];
    }

    /// <summary>With two digits that say something.</summary>
    private static string Number(double value)
    {
        var unit = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(Math.Max(1, value))) - 1));
        return (Math.Round(value / unit) * unit).ToString("#,0", CultureInfo.InvariantCulture);
    }
}
