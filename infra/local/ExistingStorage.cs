using Tickets.Core.Platform.Storage;

namespace Tickets.Local;

/// <summary>A storage account that somebody else runs.</summary>
internal static class ExistingStorage
{
    /// <returns>The connection string as given.</returns>
    /// <exception cref="LocalStackException">It is none that the app can use.</exception>
    public static string Check(string text)
    {
        try
        {
            // As the app will read it.
            _ = StorageAccount.FromConnectionString(text);
            return text;
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new LocalStackException(
                $"{LocalStackOptions.StorageVariable} is not the connection string of a storage account (DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net, or UseDevelopmentStorage=true for an Azurite on its usual ports): {e.Message}");
        }
    }
}
