namespace Tickets.Bench.Cold;

/// <summary>The cold tier: lookups, sizes, memory, the archiver and scans, against a raw ranged read of the same storage account and against a table with one row a ticket.</summary>
internal sealed class ColdArea : IBenchArea
{
    public string Name => "cold";

    public string Title => "The cold tier against raw ranged reads and against one table row a ticket, on the same Azurite";

    public string Description => "Lookups, sizes, memory, the archiver and scans of the cold tier, against the same storage account by itself.";

    private static readonly IReadOnlyList<ColdScenario> Scenarios = [new ArchiverRate(), new Sizes(), new Lookups(), new Memory(), new ScanRate(), new ArchiverBesideCreates()];

    public IReadOnlyList<string> Figures { get; } = [.. Scenarios.SelectMany(scenario => scenario.Figures)];

    public async Task RunAsync(BenchRequest request)
    {
        await using var scene = await ColdScene.MakeAsync(request);
        foreach (var scenario in Scenarios.Where(scenario => request.Wants(scenario.Figures)))
            await scenario.RunAsync(scene);
    }
}

/// <summary>Measures one or a few figures that belong together; they share the scene's archived tickets.</summary>
internal abstract class ColdScenario
{
    public abstract IReadOnlyList<string> Figures { get; }

    public abstract Task RunAsync(ColdScene scene);
}
