using System.Security.Cryptography;
using System.Text;

namespace Tickets.Core.Platform.ServiceBus;

/// <summary>A shared access signature: who holds it may use everything below a resource until it expires.</summary>
internal static class SharedAccessSignature
{
    /// <param name="key">As text: unlike a storage key it is not decoded.</param>
    public static string Make(Uri resource, string keyName, string key, DateTimeOffset expires)
    {
        var encoded = Uri.EscapeDataString(resource.AbsoluteUri);
        var end = expires.ToUnixTimeSeconds();
        var signature = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{encoded}\n{end}")));
        return $"SharedAccessSignature sr={encoded}&sig={Uri.EscapeDataString(signature)}&se={end}&skn={Uri.EscapeDataString(keyName)}";
    }
}
