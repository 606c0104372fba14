using System.Runtime.CompilerServices;

namespace Tickets.Tests.Local;

/// <summary>The files that lie beside these tests in the source tree.</summary>
internal static class TestFiles
{
    public static string Folder { get; } = Path.GetDirectoryName(Here())!;

    private static string Here([CallerFilePath] string path = "") => path;
}
