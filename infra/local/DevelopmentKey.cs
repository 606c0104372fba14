namespace Tickets.Local;

/// <summary>The API key that the stack prints: made once per data folder, kept in a file that only its owner can read.</summary>
internal static class DevelopmentKey
{
    /// <param name="create">Makes an operator's key for all queues and returns its full text.</param>
    public static async Task<string> GetOrCreateAsync(string file, Func<CancellationToken, Task<string>> create, CancellationToken cancellationToken)
    {
        if (File.Exists(file)) return await File.ReadAllTextAsync(file, cancellationToken);

        var key = await create(cancellationToken);
        await PrivateFile.WriteAsync(file, key, cancellationToken);
        return key;
    }
}
