using Azure.Core;

namespace Tickets.Core.Platform.Storage;

/// <summary>
/// Attempts against storage: enough to outlive a server's move (seconds), few enough that a reader gets its error while it still waits.
/// </summary>
internal static class StorageRetries
{
    public static T Apply<T>(T options)
        where T : ClientOptions
    {
        options.Retry.Mode = RetryMode.Exponential;
        options.Retry.MaxRetries = 4;
        options.Retry.Delay = TimeSpan.FromMilliseconds(200);
        options.Retry.MaxDelay = TimeSpan.FromSeconds(4);
        options.Retry.NetworkTimeout = TimeSpan.FromSeconds(30);
        return options;
    }
}
