namespace Tickets.Local.Processes;

/// <summary>An unprivileged account of this machine, for a server that refuses to run as root.</summary>
internal sealed record ServiceAccount(string Name, int UserId, int GroupId)
{
    // An account made for the purpose first; `nobody` exists nearly everywhere.
    private static readonly string[] Preferred = ["postgres", "nobody"];

    /// <exception cref="LocalStackException">The machine has none of the usual accounts.</exception>
    public static ServiceAccount Find() =>
        Choose(File.ReadLines("/etc/passwd"))
        ?? throw new LocalStackException($"PostgreSQL refuses to run as root, and none of the accounts {string.Join(", ", Preferred)} exists to run it as. Start the stack as an ordinary user, or name a running server in {LocalStackOptions.PostgresVariable}.");

    internal static ServiceAccount? Choose(IEnumerable<string> passwd)
    {
        var accounts = passwd
            .Select(line => line.Split(':'))
            .Where(fields => fields.Length >= 4 && Preferred.Contains(fields[0]) && int.TryParse(fields[2], out _) && int.TryParse(fields[3], out _))
            .Select(fields => new ServiceAccount(fields[0], int.Parse(fields[2]), int.Parse(fields[3])))
            .ToList();
        return Preferred.Select(name => accounts.Find(account => account.Name == name)).FirstOrDefault(account => account is not null);
    }
}
