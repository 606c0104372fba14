using Tickets.Core.Access;
using Tickets.Core.Settings;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Access;

/// <summary>Who calls: by an API key, a token of the issuer, or the platform's word where it can be believed.</summary>
internal sealed class Callers(AccessOptions options, KeyRing keys, IServiceProvider services)
{
    /// <summary>What the text of API keys begins with; no token does.</summary>
    private const string ApiKeyPrefix = "tk_";

    // Made when the first token comes: most servers have no issuer, and starting is quicker without.
    private readonly Lazy<Tokens?> _tokens = new(() => options.Issuer is null ? null : services.GetRequiredService<Tokens>());

    /// <summary>Why a server with these settings must not serve; null when somebody could come in.</summary>
    public string? StartRefusal =>
        keys.HasGoodKeys || options.Issuer is not null || options.EasyAuth || options.Development
            ? null
            : "There is no API key and no Access:Issuer, so nobody could use this server. Make the first key with 'Tickets.Functions make-key', or configure an issuer; on a developer's machine set AZURE_FUNCTIONS_ENVIRONMENT=Development.";

    public ValueTask<Caller?> Authenticate(HttpRequest request)
    {
        if (BearerCredential.Of(request) is not { } credential)
            return new(Limited(options.EasyAuth && request.Headers.Authorization.Count == 0 ? EasyAuth.Caller(request) : null));
        if (credential.StartsWith(ApiKeyPrefix, StringComparison.Ordinal))
            return new(Limited(keys.Authenticate(credential)));
        if (_tokens.Value is { } tokens)
            return FromToken(tokens, credential);
        // Robots behind the platform's authentication send the token that it has checked; whom it found stands beside it.
        return new(Limited(options.EasyAuth ? EasyAuth.Caller(request) : null));
    }

    private async ValueTask<Caller?> FromToken(Tokens tokens, string credential) => Limited(await tokens.AuthenticateAsync(credential));

    private Caller? Limited(Caller? caller) =>
        caller is { Limits: null } && options.DefaultLimits is { } limits ? caller with { Limits = limits } : caller;
}
