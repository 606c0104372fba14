using System.Net;
using System.Net.Sockets;

namespace Tickets.Core.Platform.Webhooks;

/// <summary>
/// Which addresses deliveries may go to. Whoever may name a URL must not reach with it what only this process can: so https only, and
/// no address of the machine or of private networks, unless the configuration says so. Checked against the address connected to, not
/// the name, which may change its mind.
/// </summary>
public static class WebhookTargets
{
    /// <returns>Why not, or null.</returns>
    public static string? Fault(Uri url, bool allowPrivate)
    {
        if (!url.IsAbsoluteUri || url.Scheme is not ("https" or "http") || url.UserInfo.Length > 0 || url.Fragment.Length > 0)
            return "an absolute https URL without user and fragment is expected.";
        if (url.Scheme == "http" && !allowPrivate)
            return "https is required.";
        return !allowPrivate && IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && !IsPublic(address) ? "the address is not a public one." : null;
    }

    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address))
            return false;
        var bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return !(address.IsIPv6LinkLocal || address.IsIPv6SiteLocal || address.IsIPv6UniqueLocal || address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any));
        return bytes switch
        {
            [0 or 10 or 127, ..] => false,
            [100, >= 64 and < 128, ..] => false,
            [169, 254, ..] => false,
            [172, >= 16 and < 32, ..] => false,
            [192, 168, ..] => false,
            [>= 224, ..] => false,
            _ => true,
        };
    }
}
