using System.Reflection;
using Microsoft.Extensions.Logging;
using Tickets.Local;

namespace Tickets.Tests.Platform;

public class LogEventTests
{
    // The table in docs/operations.md.
    private static readonly Dictionary<string, int> Hundreds = new(StringComparer.Ordinal)
    {
        ["Hosting"] = 100, ["Health"] = 200, ["Platform"] = 300, ["Settings"] = 400, ["Ticketing"] = 500, ["Search"] = 600, ["Oplog"] = 700, ["Archive"] = 800,
        ["Orchestration"] = 900, ["Notifications"] = 1100, ["Webhooks"] = 1200, ["Access"] = 1300, ["Telemetry"] = 1400,
    };

    private static readonly (Type Type, int Id)[] Events =
        new[] { typeof(Tickets.Core.TicketsCore).Assembly, Assembly.Load("Tickets.Functions") }
            .SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
                .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>().Select(line => (type, line.EventId)))
            .ToArray();

    [Fact]
    public void No_two_log_lines_have_the_same_id()
    {
        Assert.NotEmpty(Events);
        Assert.Equal(Events.Length, Events.Select(line => line.Id).Distinct().Count());
    }

    [Fact]
    public void Every_log_line_is_in_its_areas_hundred() =>
        Assert.All(Events, line => Assert.Equal(Hundreds[line.Type.Namespace!.Split('.')[2]], line.Id / 100 * 100));

    [Fact]
    public void Every_log_line_is_described_for_operators()
    {
        var described = File.ReadLines(Repository.PathTo("docs", "operations.md")).Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .SelectMany(line => line.Split('|')[1].Split(',', StringSplitOptions.TrimEntries)).ToHashSet(StringComparer.Ordinal);
        Assert.All(Events, line => Assert.Contains(line.Id.ToString(), described));
    }
}
