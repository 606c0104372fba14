namespace Tickets.Bench.Hot.Floor;

/// <summary>The contents that the floor and the product store alike.</summary>
internal static class Payloads
{
    /// <summary>A meta block of about 500 bytes.</summary>
    public static string Meta { get; } = Read("meta.json");

    /// <summary>An entry of the change log of about 600 bytes.</summary>
    public static string Op { get; } = Read("op.json");

    public static string PathTo(string name) => Path.Combine(AppContext.BaseDirectory, "Hot", "Floor", name);

    private static string Read(string name) => File.ReadAllText(PathTo(name)).Trim();
}
