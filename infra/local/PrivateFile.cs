namespace Tickets.Local;

/// <summary>A file that only its owner can read.</summary>
internal static class PrivateFile
{
    public static async Task WriteAsync(string path, string content, CancellationToken cancellationToken)
    {
        // Complete or absent: it is created under another name first, which no other process uses.
        var partial = $"{path}.{Guid.NewGuid():n}.partial";
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await using (var writer = new StreamWriter(new FileStream(partial, options)))
            await writer.WriteAsync(content.AsMemory(), cancellationToken);
        File.Move(partial, path, overwrite: true);
    }
}
