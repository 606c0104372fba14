namespace Tickets.Local;

/// <summary>An exclusive lock between processes, held through an open file: it goes with its holder, however that ends.</summary>
internal sealed class FileLock : IDisposable
{
    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>Null while another process (or another part of this one) holds it.</summary>
    public static FileLock? TryTake(string path)
    {
        try
        {
            // FileShare.None is flock(LOCK_EX | LOCK_NB) on Unix.
            return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    public static async Task<FileLock> TakeAsync(string path, Action onWait, CancellationToken cancellationToken)
    {
        var waiting = false;
        while (true)
        {
            if (TryTake(path) is { } taken) return taken;
            if (!waiting) onWait();
            waiting = true;
            await Task.Delay(200, cancellationToken);
        }
    }

    public void Dispose() => _file.Dispose();
}
