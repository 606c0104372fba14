using System.Security.Cryptography;
using System.Text;

namespace Tickets.Core.Orchestration.Replay;

/// <summary>An id made from a text: version 8 of RFC 9562, from SHA-256.</summary>
internal static class NameBasedGuid
{
    public static Guid Of(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
