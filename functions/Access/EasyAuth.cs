using System.Text.Json;
using Tickets.Core.Access;

namespace Tickets.Functions.Access;

/// <summary>
/// The identity that the platform's own authentication puts into <c>X-MS-CLIENT-PRINCIPAL</c>. The platform takes copies that clients send
/// away, but only where it is switched on; elsewhere anybody could write the header, so nothing reads it there (<see cref="AccessOptions.EasyAuth"/>).
/// Keys of the Functions host are no identity: which of them was sent is not told to us.
/// </summary>
internal static class EasyAuth
{
    private const string Header = "X-MS-CLIENT-PRINCIPAL";
    private const int MaxLength = 64 * 1024;

    private static readonly string[] Subjects = ["http://schemas.microsoft.com/identity/claims/objectidentifier", "oid", "sub", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"];

    /// <returns>Null when there is no principal, or it grants nothing here.</returns>
    public static Caller? Caller(HttpRequest request)
    {
        if (request.Headers[Header] is not [{ Length: > 0 and <= MaxLength } text])
            return null;
        try
        {
            using var principal = JsonDocument.Parse(Convert.FromBase64String(text));
            var claims = principal.RootElement.GetProperty("claims").EnumerateArray()
                .Select(claim => (Type: claim.GetProperty("typ").GetString(), Value: claim.GetProperty("val").GetString() ?? "")).ToList();
            var roleType = principal.RootElement.TryGetProperty("role_typ", out var named) ? named.GetString() : null;
            var subject = Subjects.Select(type => claims.Find(claim => claim.Type == type).Value).FirstOrDefault(value => !string.IsNullOrEmpty(value));
            return Grants.Caller(
                subject ?? "",
                claims.Where(claim => claim.Type == Grants.RoleClaim || claim.Type == roleType).Select(claim => claim.Value),
                claims.Where(claim => claim.Type == Grants.QueuesClaim).Select(claim => claim.Value));
        }
        catch (Exception fault) when (fault is FormatException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
