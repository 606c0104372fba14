using Tickets.Contracts;
using Tickets.Core.Platform;

namespace Tickets.Tests.Platform;

/// <summary>Dependencies point one way: between the projects, and between the areas of Core.</summary>
public class DependencyTests
{
    private const string Root = "Tickets.Core";

    /// <summary>What each area of Core may use. The order is that of building them: no area uses one below it here.</summary>
    private static readonly (string Area, string[] Uses)[] Areas =
    [
        ("Platform", []),
        ("Orchestration", ["Platform"]),
        ("Workflows", ["Platform"]),
        ("Access", []),
        ("Settings", ["Access", "Platform", "Workflows"]),
        ("Archive", ["Platform", "Settings", "Workflows"]),
        ("Oplog", ["Access", "Platform", "Settings"]),
        ("Notifications", ["Access", "Orchestration", "Platform", "Settings"]),
        ("Ticketing", ["Access", "Archive", "Notifications", "Oplog", "Orchestration", "Platform", "Settings", "Workflows"]),
        ("Webhooks", ["Access", "Oplog", "Platform", "Settings"]),
        ("Search", ["Access", "Platform", "Settings", "Ticketing", "Workflows"]),
        ("Operations", ["Access", "Archive", "Oplog", "Orchestration", "Platform", "Search", "Settings", "Ticketing", "Workflows"]),
        ("Telemetry", ["Platform", "Settings", "Ticketing"]),
    ];

    [Fact]
    public void Every_area_uses_only_areas_that_come_before_it()
    {
        var before = new List<string>();
        foreach (var (area, uses) in Areas)
        {
            Assert.Subset(before.ToHashSet(), uses.ToHashSet());
            before.Add(area);
        }
    }

    [Fact]
    public void The_areas_of_Core_use_each_other_only_as_listed()
    {
        var allowed = Areas.SelectMany(area => area.Uses.Select(used => (area.Area, used))).ToHashSet();

        // The root namespace puts the parts together and so may use all of them; what compilers and generators add has no area.
        var found = TypeUses.In(typeof(TicketsOptions).Assembly.Location)
            .Select(use => (From: Area(use.From)!, To: Area(use.To)!, use))
            .Where(edge => edge.From is not (null or Root) && edge.To is not null && edge.From != edge.To)
            .ToLookup(edge => (edge.From, edge.To), edge => $"{edge.use.From} uses {edge.use.To}");

        Assert.Equal("", string.Join('\n', found.Where(edge => !allowed.Contains(edge.Key)).SelectMany(edge => edge.Take(3))));
        // What is no longer used goes from the list.
        Assert.DoesNotContain(allowed, edge => !found.Contains(edge));
    }

    [Fact]
    public void The_projects_use_each_other_only_as_drawn()
    {
        Assert.Empty(Ours(typeof(Problem)));
        Assert.Equal(["Tickets.Contracts"], Ours(typeof(TicketsOptions)));
        Assert.Equal(["Tickets.Contracts"], Ours(typeof(Tickets.Client.TicketsClient)));
        Assert.Subset(new HashSet<string> { "Tickets.Contracts", "Tickets.Core" }, Ours(typeof(Functions.Hosting.FunctionCatalog)).ToHashSet());
        Assert.Subset(new HashSet<string> { "Tickets.Contracts", "Tickets.Client" }, Ours(typeof(Tickets.Cli.CommandLine)).ToHashSet());
        Assert.Subset(new HashSet<string> { "Tickets.Contracts", "Tickets.Core", "Tickets.Client", "tickets" }, Ours(typeof(Tickets.Local.LocalStack)).ToHashSet());
    }

    /// <summary>The console command's assembly is called <c>tickets</c>.</summary>
    private static List<string> Ours(Type type) =>
        [.. type.Assembly.GetReferencedAssemblies().Select(assembly => assembly.Name!).Where(name => name.StartsWith("Tickets", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)];

    /// <summary><c>Ticketing</c> for <c>Tickets.Core.Ticketing.Rules.Decide</c>; null for what is not in Core's namespaces.</summary>
    private static string? Area(string type)
    {
        if (!type.StartsWith($"{Root}.", StringComparison.Ordinal))
            return null;
        var rest = type[(Root.Length + 1)..];
        return rest.IndexOf('.', StringComparison.Ordinal) is > 0 and var end ? rest[..end] : Root;
    }
}
