using System.Net;

namespace Tickets.Cli;

/// <summary>The service to ask and the key to show it.</summary>
internal sealed record Target(Uri Address, string? Key)
{
    public const string EnvironmentVariable = "TICKETS_ENV";
    public const string HostVariable = "TICKETS_HOST";
    public const string KeyVariable = "TICKETS_KEY";

    /// <summary>A profile's key goes only where that profile was asked for: an address given by hand never gets the key of the default environment.</summary>
    public static Target Resolve(Shell shell, string? environment, string? host, string? key)
    {
        host ??= environment is null ? HostOf(shell) : null;
        var byHand = host is not null && environment is null;
        var profile = byHand ? null : ProfileFile.Read(shell).Find(environment ?? shell.Variable(EnvironmentVariable) ?? ProfileFile.Local);
        var address = ParseAddress(host ?? profile!.Address);
        return new Target(address, key ?? profile?.Key ?? shell.Variable(KeyVariable));
    }

    /// <summary>An empty one is an address that could not be found out: guessing another would send the key to a stranger.</summary>
    private static string? HostOf(Shell shell) => shell.Variable(HostVariable) switch
    {
        "" => throw new UsageException($"${HostVariable} is set and empty: there is no address to ask. Is the service running that it should name?"),
        var host => host,
    };

    private static Uri ParseAddress(string text)
    {
        var complete = text.Contains("://", StringComparison.Ordinal) ? text : Scheme(text) + text;
        return Uri.TryCreate(complete, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new UsageException($"'{text}' is not an address; it should be like https://tickets.example.org or 127.0.0.1:7071.");
    }

    /// <summary>Keys travel in the clear only on this machine, unless http:// is spelled out.</summary>
    private static string Scheme(string host) =>
        host.StartsWith("localhost", StringComparison.OrdinalIgnoreCase) || (IPEndPoint.TryParse(host, out var end) && IPAddress.IsLoopback(end.Address)) ? "http://" : "https://";
}
