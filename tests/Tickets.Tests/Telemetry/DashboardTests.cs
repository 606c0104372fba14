using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.CompilerServices;
using Tickets.Core.Telemetry;
using Tickets.Functions.Telemetry;
using Tickets.Local;

namespace Tickets.Tests.Telemetry;

public class DashboardTests
{
    [Theory]
    [InlineData("dashboard.json")]
    [InlineData("alerts.yaml")]
    public void Every_metric_of_ours_that_is_looked_at_is_in_the_code(string file)
    {
        var told = Instruments();
        var used = MetricNames.In(File.ReadAllText(Repository.PathTo("infra", "telemetry", file))).Where(name => name.StartsWith("tickets_", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(used);
        Assert.Empty(used.Except(told));
    }

    [Fact]
    public void Every_metric_of_ours_is_described_for_operators()
    {
        var described = File.ReadAllText(Repository.PathTo("docs", "operations.md"));
        Assert.All(InstrumentNames(), name => Assert.Contains($"`{name}`", described, StringComparison.Ordinal));
    }

    /// <summary>As Prometheus shows them, without the suffixes of histograms.</summary>
    private static HashSet<string> Instruments() =>
        Published().Select(instrument => PrometheusName.OfMetric(instrument.Name, instrument.Unit ?? "", instrument.GetType().GetGenericTypeDefinition() is { } kind && (kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>)))).ToHashSet(StringComparer.Ordinal);

    private static List<string> InstrumentNames() => [.. Published().Select(instrument => instrument.Name).Distinct().Order(StringComparer.Ordinal)];

    private static List<Instrument> Published()
    {
        var found = new List<Instrument>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, _) => { if (instrument.Meter.Name == "Tickets") found.Add(instrument); } };
        listener.Start();
        foreach (var type in new[] { typeof(Tickets.Core.TicketsCore).Assembly, Assembly.Load("Tickets.Functions") }.SelectMany(assembly => assembly.GetTypes()))
        {
            if (type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic).Any(field => typeof(Instrument).IsAssignableFrom(field.FieldType)))
                RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        }

        // Nobody measures here, so nothing is asked of what it observes.
        using var gauges = new SystemGauges(null!, null!, null!);
        _ = gauges.StartAsync(CancellationToken.None);
        lock (found)
            return [.. found];
    }
}
