using System.Text.Json;
using Tickets.Local.Processes;

namespace Tickets.Local;

/// <summary>The data folder of one stack, held by one process at a time.</summary>
internal sealed class StackDirectory : IDisposable
{
    private readonly FileLock _lock;

    private StackDirectory(string root, FileLock held) => (Root, _lock) = (root, held);

    public string Root { get; }

    public string Logs => Path.Combine(Root, "logs");

    public string Pids => Path.Combine(Root, "run");

    public string Postgres => Path.Combine(Root, "postgres");

    public string PostgresPassword => Path.Combine(Root, "postgres.password");

    /// <summary>For the databases of the stack's own server.</summary>
    public DatabaseBelongings Own => new(Root);

    /// <summary>What belongs to databases of other servers, a folder for each set of them.</summary>
    public string Elsewhere => Path.Combine(Root, "elsewhere");

    /// <summary>Where the app of the running stack is, for commands in other terminals; removed at its end, so that a key goes to nobody else.</summary>
    public string Address => Path.Combine(Root, "address");

    public string ServiceBus => Path.Combine(Root, "servicebus");

    private string Holder => HolderOf(Root);

    /// <summary>Creates the folder where needed and takes it.</summary>
    /// <exception cref="LocalStackException">A stack is running on it, or it cannot be written to.</exception>
    public static StackDirectory Claim(string root)
    {
        root = Path.GetFullPath(root);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(root)!);
            var held = FileLock.TryTake(LockOf(root)) ?? throw new LocalStackException(DescribeHolder(root));
            var directory = new StackDirectory(root, held);
            directory.CreateFolders();
            return directory;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new LocalStackException($"The local stack keeps its data in {root} and cannot write there: {e.Message} Name another folder with --data, or run it as the owner of that one.");
        }
    }

    /// <summary>Tells a later process that finds the folder taken where this stack is.</summary>
    public void Announce(string? address)
    {
        File.WriteAllText(Holder, JsonSerializer.Serialize(new StackHolder(Environment.ProcessId, address)));
        if (address is null) File.Delete(Address);
        else File.WriteAllText(Address, address.TrimEnd('/') + "\n");
    }

    public string LogFile(string server) => Path.Combine(Logs, server + ".log");

    public string PidFile(string server) => Path.Combine(Pids, server + ".pid");

    /// <summary>The logs of the last run are kept beside those of this one, older ones go.</summary>
    public void SetLastLogsAside()
    {
        var previous = Path.Combine(Root, "logs.previous");
        if (!Directory.EnumerateFileSystemEntries(Logs).Any()) return;
        if (Directory.Exists(previous)) Directory.Delete(previous, recursive: true);
        Directory.Move(Logs, previous);
        Directory.CreateDirectory(Logs);
    }

    /// <summary>Deletes everything the stack has stored.</summary>
    public void Wipe()
    {
        WipePostgresElsewhere();
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>For databases of a server that somebody else runs.</summary>
    /// <param name="identity">Of the databases, whatever name their server is reached by.</param>
    public DatabaseBelongings Of(string identity)
    {
        var belongings = new DatabaseBelongings(Path.Combine(Elsewhere, identity));
        Directory.CreateDirectory(belongings.Folder);
        return belongings;
    }

    /// <summary>Deletes the stack's own databases and all that belongs to them. Databases elsewhere stay, and so does what belongs to those.</summary>
    /// <returns>Whether something stays.</returns>
    public bool WipeOwn()
    {
        if (!Directory.Exists(Elsewhere))
        {
            Wipe();
            return false;
        }

        WipePostgresElsewhere();
        foreach (var entry in new DirectoryInfo(Root).EnumerateFileSystemInfos().Where(entry => entry.FullName != Elsewhere))
        {
            if (entry is DirectoryInfo { LinkTarget: null } folder) folder.Delete(recursive: true);
            else entry.Delete();
        }

        return true;
    }

    /// <summary>As if nothing of its own had ever run here.</summary>
    public void BeginAnew()
    {
        WipeOwn();
        CreateFolders();
    }

    public void Dispose()
    {
        File.Delete(Holder);
        if (Directory.Exists(Root)) File.Delete(Address);
        _lock.Dispose();
    }

    /// <summary>Wipes the folders beside each other that match and that no running stack holds.</summary>
    public static void WipeAbandoned(string parent, string pattern)
    {
        if (!Directory.Exists(parent)) return;
        foreach (var root in Directory.EnumerateDirectories(parent, pattern).ToList())
        {
            using var held = FileLock.TryTake(LockOf(root));
            if (held is null) continue;
            using var abandoned = new StackDirectory(root, held);
            // A guard may still be stopping a server there; the next sweep gets it.
            if (LeftoverProcesses.AnyIn(abandoned.Pids)) continue;
            if (Directory.Exists(root)) abandoned.Wipe();
            abandoned.DeleteLock();
        }
    }

    /// <summary>For folders whose names are never used again: nobody else can be about to take the lock.</summary>
    public void DeleteLock() => File.Delete(LockOf(Root));

    /// <summary>PostgreSQL's folder is a link when it had to live elsewhere; see <see cref="Local.Postgres.PostgresHome"/>.</summary>
    private void WipePostgresElsewhere()
    {
        if (new DirectoryInfo(Postgres).LinkTarget is { } elsewhere && Directory.Exists(elsewhere))
            Directory.Delete(elsewhere, recursive: true);
    }

    private void CreateFolders()
    {
        Directory.CreateDirectory(Logs);
        Directory.CreateDirectory(Pids);
    }

    // Beside the folder, so that wiping the folder does not give up the lock.
    private static string LockOf(string root) => root + ".lock";

    private static string HolderOf(string root) => root + ".json";

    private static string DescribeHolder(string root)
    {
        try
        {
            var holder = JsonSerializer.Deserialize<StackHolder>(File.ReadAllText(HolderOf(root)))!;
            return $"A stack is already running (pid {holder.Pid}{(holder.Address is { } address ? $", {address}" : "")}) on {root}. End it with Ctrl-C in its terminal or `kill {holder.Pid}`.";
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return $"A stack is already starting or stopping on {root}.";
        }
    }

    private sealed record StackHolder(int Pid, string? Address);
}
