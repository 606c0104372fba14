namespace Tickets.Bench.Report;

/// <summary>Where charts are kept: in the checkout that this program was built in.</summary>
internal static class ChartFile
{
    /// <returns>The file's path.</returns>
    public static async Task<string> WriteAsync(string area, string title, IReadOnlyList<Figure> figures)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Checkout(), "docs", "performance"));
        var file = Path.Combine(folder.FullName, area + ".svg");
        await File.WriteAllTextAsync(file, Chart.Draw(title, figures));
        return file;
    }

    internal static string Checkout()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Tickets.sln")))
                return folder.FullName;
        }

        throw new BenchException("Charts are drawn into a checkout of the repository, and this program is in none.");
    }
}
