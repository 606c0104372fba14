namespace Tickets.Local;

/// <summary>The checkout that this program was built in: it starts what was built next to it.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    public static string PathTo(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Tickets.sln")))
                return folder.FullName;
        }

        throw new LocalStackException($"The local stack runs from a checkout of the repository, and {start} is in none.");
    }
}
