using System.Text.Json;
using Tickets.Client.Import;
using Tickets.Contracts;

namespace Tickets.Local.Demo;

/// <summary>What the demo works with: 10,000 real reports of wildlife strikes, and the settings that make them tickets.</summary>
internal static class DemoFiles
{
    private static readonly string Folder = Repository.PathTo("infra", "local", "Demo", "Birdstrikes");

    public static ImportMapping Mapping() => ImportMapping.Parse(File.ReadAllBytes(Path.Combine(Folder, "birdstrikes.mapping.json")));

    public static Workflow Workflow() => JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(Folder, "workflow.json")), TicketsJson.Default.Workflow)!;

    public static Workflow InspectionsWorkflow() => JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(Folder, "inspections.workflow.json")), TicketsJson.Default.Workflow)!;

    public static Queue Queue() => JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(Folder, "queue.json")), TicketsJson.Default.Queue)!;

    /// <summary>The reports as CSV, from the installed data sets.</summary>
    public static async Task<string> ReportsAsync(CancellationToken cancellationToken) =>
        (await Installation.EnsureAsync(progress: null, cancellationToken)).BirdStrikes;
}
