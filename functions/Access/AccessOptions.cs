using Tickets.Core.Access;

namespace Tickets.Functions.Access;

/// <summary>Who is let in beside API keys, and how many requests those may make whose key says nothing of it.</summary>
internal sealed record AccessOptions
{
    /// <summary><c>Access:Issuer</c>: whose tokens are taken, such as <c>https://login.microsoftonline.com/TENANT/v2.0</c>; null: nobody's.</summary>
    public Uri? Issuer { get; init; }

    /// <summary><c>Access:Audience</c>: whom a token must be made out to; required with an issuer.</summary>
    public string Audience { get; init; } = "";

    /// <summary><c>Access:RequestsPerMinute</c>, <c>Access:RequestsPerDay</c>.</summary>
    public RequestLimits? DefaultLimits { get; init; }

    /// <summary>Whether <c>X-MS-CLIENT-PRINCIPAL</c> can be believed: see <see cref="EasyAuth"/>.</summary>
    public bool EasyAuth { get; init; }

    /// <summary>On a developer's machine: nobody is kept out by a server that nobody can enter, and an issuer may be without TLS.</summary>
    public bool Development { get; init; }

    public static AccessOptions From(IConfiguration configuration)
    {
        var development = new[] { "AZURE_FUNCTIONS_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT" }
            .Any(name => string.Equals(configuration[name], "Development", StringComparison.OrdinalIgnoreCase));
        var issuer = configuration["Access:Issuer"] is { Length: > 0 } text ? ReadIssuer(text, development) : null;
        var audience = configuration["Access:Audience"] ?? "";
        if (issuer is not null && audience.Length == 0)
            throw new InvalidOperationException("Access:Audience is not configured: with Access:Issuer say whom tokens must be made out to, or those for other applications would open this one.");
        return new AccessOptions
        {
            Issuer = issuer,
            Audience = audience,
            DefaultLimits = RequestLimits.Of((int?)Number(configuration, "Access:RequestsPerMinute"), Number(configuration, "Access:RequestsPerDay")),
            EasyAuth = ReadEasyAuth(configuration),
            Development = development,
        };
    }

    private static Uri ReadIssuer(string text, bool development) =>
        Uri.TryCreate(text, UriKind.Absolute, out var issuer) && (issuer.Scheme == Uri.UriSchemeHttps || (development && issuer is { Scheme: "http", IsLoopback: true }))
            ? issuer
            : throw new InvalidOperationException($"Access:Issuer is '{text}': give the https URL of the issuer.");

    /// <summary>Off Azure, or while the platform's authentication is off, anybody could send the headers.</summary>
    private static bool ReadEasyAuth(IConfiguration configuration)
    {
        if (!bool.TryParse(configuration["Access:EasyAuth"], out var wanted) || !wanted)
            return false;
        return string.Equals(configuration["WEBSITE_AUTH_ENABLED"], "True", StringComparison.OrdinalIgnoreCase)
            ? true
            : throw new InvalidOperationException("Access:EasyAuth is true, but WEBSITE_AUTH_ENABLED is not: the platform's authentication is off, and its headers could come from anybody.");
    }

    private static long? Number(IConfiguration configuration, string key)
    {
        if (configuration[key] is not { Length: > 0 } text)
            return null;
        return int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value) && value > 0
            ? value
            : throw new InvalidOperationException($"{key} is '{text}': give a whole number of at least 1.");
    }
}
