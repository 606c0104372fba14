using System.Security.Cryptography;
using Tickets.Local;

namespace Tickets.Tests.Settings;

public class SchemaFilesTests
{
    private static readonly string Folder = Repository.PathTo("shared", "Tickets.Core", "Platform", "Schema");

    /// <summary>Databases that have applied a file will not apply it again. A new one is added with <c>sha256sum hot/*.sql settings/*.sql > SHA256SUMS</c>.</summary>
    [Fact]
    public void Schema_files_are_as_they_were_when_they_were_listed_and_all_are_listed()
    {
        var listed = File.ReadLines(Path.Combine(Folder, "SHA256SUMS")).Select(line => line.Split("  ")).Select(line => (File: line[1], Hash: line[0]));
        var found = Directory.EnumerateFiles(Folder, "*.sql", SearchOption.AllDirectories).Select(file => (File: Path.GetRelativePath(Folder, file), Hash: Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))));

        Assert.Equal(listed.Order(), found.Order());
    }
}
