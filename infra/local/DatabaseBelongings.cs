namespace Tickets.Local;

/// <summary>What a stack keeps for one set of databases: the storage that holds their cold tickets, and the key that they know. Other databases must never meet either.</summary>
internal sealed record DatabaseBelongings(string Folder)
{
    public string Azurite => Path.Combine(Folder, "azurite");

    public string DevelopmentKey => Path.Combine(Folder, "development.key");
}
