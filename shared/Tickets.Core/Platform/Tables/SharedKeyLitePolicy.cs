using System.Security.Cryptography;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Tickets.Core.Platform.Tables;

/// <summary>
/// Signs each attempt with the account key: HMAC-SHA256 over the date and the resource, per
/// "Authorize with Shared Key" in the Azure Storage REST reference (Shared Key Lite for the table service).
/// </summary>
internal sealed class SharedKeyLitePolicy(string account, byte[] key, TimeProvider time) : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message)
    {
        var date = time.GetUtcNow().ToString("R");
        var signature = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{date}\n/{account}{message.Request.Uri.ToUri().AbsolutePath}")));
        message.Request.Headers.SetValue("x-ms-date", date);
        message.Request.Headers.SetValue(HttpHeader.Names.Authorization, $"SharedKeyLite {account}:{signature}");
    }
}
