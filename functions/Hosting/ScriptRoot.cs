namespace Tickets.Functions.Hosting;

/// <summary>The folder that the Functions host is pointed at: <c>host.json</c>, and one folder per function.</summary>
internal static class ScriptRoot
{
    private const string FileName = "function.json";

    /// <summary>Writes every function's <c>function.json</c> and removes those of functions that are no longer declared.</summary>
    public static void Write(FunctionCatalog catalog, string directory)
    {
        var files = catalog.Http.Select(f => (f.Name, Content: FunctionJson.Of(f)))
            .Concat(catalog.Timers.Select(f => (f.Name, Content: FunctionJson.Of(f))))
            .Concat(catalog.Topics.Select(f => (f.Name, Content: FunctionJson.Of(f))))
            .ToDictionary(f => f.Name, f => f.Content, StringComparer.Ordinal);

        foreach (var (name, content) in files)
        {
            var path = Path.Combine(Directory.CreateDirectory(Path.Combine(directory, name)).FullName, FileName);

            // A running host reloads when a watched file changes, so an unchanged one is left alone.
            if (!File.Exists(path) || !content.Span.SequenceEqual(File.ReadAllBytes(path)))
                File.WriteAllBytes(path, content.ToArray());
        }

        foreach (var stale in Directory.EnumerateDirectories(directory).Where(d => !files.ContainsKey(Path.GetFileName(d)) && File.Exists(Path.Combine(d, FileName))).ToList())
            Directory.Delete(stale, recursive: true);
    }
}
