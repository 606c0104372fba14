using Tickets.Bench.Report;

namespace Tickets.Bench;

/// <summary>A part of the system that is measured by itself: a command of this program.</summary>
internal interface IBenchArea
{
    string Name { get; }

    /// <summary>Of its chart.</summary>
    string Title { get; }

    string Description { get; }

    /// <summary>The names of all that it measures.</summary>
    IReadOnlyList<string> Figures { get; }

    Task RunAsync(BenchRequest request);
}

/// <param name="Only">The names of the figures asked for; empty for all.</param>
/// <param name="App">The app's executable; null for the one built with this program.</param>
internal sealed record BenchRequest(bool Quick, IReadOnlyList<string> Only, string? App, Sheet Sheet)
{
    public bool Wants(IEnumerable<string> figures) => Only.Count == 0 || figures.Any(Only.Contains);
}
