using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Tickets.Core.Access;

namespace Tickets.Functions.Access;

/// <summary>
/// Takes JSON Web Tokens of one issuer (Entra ID or any other with OpenID Connect discovery). Its signing keys are read from it, kept, and
/// read again when they are old or a token names one that is not known.
/// </summary>
internal sealed class Tokens : IDisposable
{
    private const int MaxTokenLength = 16 * 1024;

    // What signs with the issuer's private key; HMAC would take its public key for a shared secret, and "none" is no signature.
    private static readonly string[] Asymmetric =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxTokenLength };
    private readonly TokenValidationParameters _rules;
    private readonly ILogger<Tokens> _logger;

    public Tokens(AccessOptions options, TimeProvider time, ILogger<Tokens> logger)
    {
        var issuer = options.Issuer ?? throw new InvalidOperationException("No issuer is configured.");
        _logger = logger;
        var discovery = new ConfigurationManager<OpenIdConnectConfiguration>(
            $"{issuer.AbsoluteUri.TrimEnd('/')}/.well-known/openid-configuration",
            new OpenIdConnectConfigurationRetriever(),
            new HttpDocumentRetriever(_http) { RequireHttps = !options.Development })
        {
            // A token with a key that nobody knows makes us ask the issuer, and tokens can be made up: not more often than this.
            RefreshInterval = TimeSpan.FromSeconds(options.Development ? 1 : 30),
        };
        // A key that the issuer has withdrawn is gone with the next look, at most an hour later; "last known good" would let it in again.
        discovery.AutomaticRefreshInterval = TimeSpan.FromHours(1);
        discovery.UseLastKnownGoodConfiguration = false;
        _rules = new TokenValidationParameters
        {
            ConfigurationManager = discovery,
            ValidIssuer = issuer.OriginalString,
            ValidAudience = options.Audience,
            ValidAlgorithms = Asymmetric,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            ValidateIssuerSigningKey = true,
            ClockSkew = TimeSpan.FromSeconds(30),
            LifetimeValidator = (notBefore, expires, _, rules) =>
            {
                var now = time.GetUtcNow().UtcDateTime;
                return expires > now - rules.ClockSkew && !(notBefore > now + rules.ClockSkew);
            },
        };
    }

    /// <returns>The caller, or null when the token is not good or grants nothing here.</returns>
    public async ValueTask<Caller?> AuthenticateAsync(string token)
    {
        if (token.Length > MaxTokenLength)
            return null;
        var result = await _handler.ValidateTokenAsync(token, _rules);
        if (!result.IsValid)
        {
            _logger.TokenRefused(result.Exception?.GetType().Name ?? "unknown");
            return null;
        }

        var claims = (JsonWebToken)result.SecurityToken;
        var caller = Grants.Caller(claims.Subject ?? "", Values(claims, Grants.RoleClaim), Values(claims, Grants.QueuesClaim));
        if (caller is null)
            _logger.TokenRefused("grants nothing");
        return caller is null ? null : caller with { ExpiresAt = new DateTimeOffset(claims.ValidTo, TimeSpan.Zero) };
    }

    public void Dispose() => _http.Dispose();

    private static IEnumerable<string> Values(JsonWebToken token, string claim) => token.Claims.Where(one => one.Type == claim).Select(one => one.Value);
}
