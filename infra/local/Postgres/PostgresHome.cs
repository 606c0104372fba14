using System.Security.Cryptography;
using System.Text;
using Tickets.Local.Processes;

namespace Tickets.Local.Postgres;

/// <summary>Where PostgreSQL's programs and data are, and the account it runs as (null for the stack's own).</summary>
internal sealed record PostgresHome(string Programs, string Folder, ServiceAccount? Account)
{
    // For root only, when the checkout is in a folder that the unprivileged account cannot enter, such as /root.
    // Not a temporary folder: those are swept by age, file by file.
    private const string Elsewhere = "/var/lib/tickets-local";

    public string Cluster => Path.Combine(Folder, "cluster");

    /// <param name="installed">PostgreSQL as installed.</param>
    /// <param name="folder">Where its data should be; becomes a link when it has to be elsewhere.</param>
    public static async Task<PostgresHome> PrepareAsync(string installed, string folder, CancellationToken cancellationToken)
    {
        if (!File.Exists(Path.Combine(installed, "bin", "postgres")))
            throw new LocalStackException($"The PostgreSQL programs that the stack installs are for Linux on x64. Here, name a running server (15 or newer) in {LocalStackOptions.PostgresVariable}.");

        if (!Environment.IsPrivilegedProcess)
        {
            CreatePrivate(folder);
            return new(installed, folder, Account: null);
        }

        var account = ServiceAccount.Find();
        var programs = CanEnter(Path.Combine(installed, "bin")) && CanEnter(Path.Combine(installed, "lib")) ? installed : await CopyProgramsAsync(installed, cancellationToken);
        if (!Path.Exists(folder))
        {
            var actual = CanEnter(Path.GetDirectoryName(folder)!) ? folder : PathElsewhere("data", folder);
            CreatePrivate(actual);
            if (actual != folder) File.CreateSymbolicLink(folder, actual);
        }

        var real = Directory.ResolveLinkTarget(folder, returnFinalTarget: true)?.FullName ?? folder;
        // Each time: a first start may have been killed before it came here.
        await Tool.RunAsync("chown", [$"{account.UserId}:{account.GroupId}", real], "/", cancellationToken);
        return new(programs, real, account);
    }

    /// <summary>Whether accounts that nothing else is known about may enter the folder and all above it.</summary>
    internal static bool CanEnter(string folder)
    {
        for (var current = new DirectoryInfo(folder); current is not null; current = current.Parent)
        {
            if (!current.UnixFileMode.HasFlag(UnixFileMode.OtherExecute)) return false;
        }

        return true;
    }

    private static async Task<string> CopyProgramsAsync(string installed, CancellationToken cancellationToken)
    {
        var copy = PathElsewhere("programs", installed);
        using var held = await FileLock.TakeAsync(copy + ".lock", () => { }, cancellationToken);
        if (Directory.Exists(copy)) return copy;

        var partial = copy + ".partial";
        if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
        await Tool.RunAsync("cp", ["-R", "-P", installed, partial], "/", cancellationToken);
        await Tool.RunAsync("chmod", ["-R", "a+rX", partial], "/", cancellationToken);
        Directory.Move(partial, copy);
        return copy;
    }

    /// <summary>A path under <see cref="Elsewhere"/> that belongs to the original alone.</summary>
    private static string PathElsewhere(string kind, string original)
    {
        const UnixFileMode EveryoneEnters = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        foreach (var folder in new[] { Elsewhere, Path.Combine(Elsewhere, kind) })
        {
            Directory.CreateDirectory(folder);
            File.SetUnixFileMode(folder, EveryoneEnters);
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(original)))[..16];
        return Path.Combine(Elsewhere, kind, hash);
    }

    private static void CreatePrivate(string folder) =>
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}
