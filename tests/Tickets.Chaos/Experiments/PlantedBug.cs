namespace Tickets.Chaos.Experiments;

/// <summary>A patch that breaks one rule.</summary>
/// <param name="Test"><c>chaos NAME</c>, or a project of tests and a part of a test's name.</param>
internal sealed record PlantedBug(string Name, string Path, string Breaks, string Test)
{
    /// <summary>All that are beside this program, by name.</summary>
    public static IReadOnlyList<PlantedBug> All() =>
        [.. Directory.GetFiles(System.IO.Path.Combine(AppContext.BaseDirectory, "Planted"), "*.patch").Order(StringComparer.Ordinal).Select(Read)];

    private static PlantedBug Read(string path)
    {
        var lines = File.ReadLines(path).Take(5).ToList();
        string Line(string name) => lines.FirstOrDefault(line => line.StartsWith(name + ": ", StringComparison.Ordinal))?[(name.Length + 2)..] ?? throw new ChaosException($"{path} does not say '{name}'.");
        return new PlantedBug(System.IO.Path.GetFileNameWithoutExtension(path), path, Line("Breaks"), Line("Caught by"));
    }
}
