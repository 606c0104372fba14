using System.Net.Sockets;
using Tickets.Contracts;

namespace Tickets.Client.Transport;

/// <summary>Which failures another attempt may cure, and whether the request can have been done meanwhile.</summary>
internal static class RetryRules
{
    public static Repeatability Judge(TicketsResponse response) => response.Status switch
    {
        429 => Repeatability.Always,
        503 when response.ReadProblem()?.Code == ProblemCodes.Overloaded => Repeatability.Always,
        502 or 503 or 504 => Repeatability.WhenSafe,
        // A Functions host answers a bare 500 when the app behind it dies in mid-request; a 500 of ours is a problem document and final.
        500 when response.ReadProblem() is null => Repeatability.WhenSafe,
        _ => Repeatability.Never,
    };

    public static Repeatability Judge(HttpRequestException error) => error.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError when error.InnerException is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData } => Repeatability.Never,
        HttpRequestError.SecureConnectionError => Repeatability.Never,
        HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError => Repeatability.Always,
        _ => Repeatability.WhenSafe,
    };
}
