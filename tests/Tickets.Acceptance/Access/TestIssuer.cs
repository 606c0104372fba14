using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tickets.Acceptance.Access;

/// <summary>An issuer with OpenID Connect discovery, which signs whatever a test wants to have signed.</summary>
public sealed class TestIssuer : IAsyncDisposable
{
    public const string Audience = "api://tickets-tests";

    private readonly WebApplication _app;
    private int _keys;

    private TestIssuer(WebApplication app) => _app = app;

    public RSA Key { get; private set; } = RSA.Create(2048);

    public string KeyId => $"key-{_keys}";

    /// <summary>Without a slash at the end.</summary>
    public string Address { get; private set; } = "";

    public static async Task<TestIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var issuer = new TestIssuer(builder.Build());
        issuer._app.Urls.Add("http://127.0.0.1:0");
        issuer._app.MapGet("/.well-known/openid-configuration", () => Results.Text($$"""{"issuer": "{{issuer.Address}}", "jwks_uri": "{{issuer.Address}}/keys"}""", "application/json"));
        issuer._app.MapGet("/keys", () => Results.Text(issuer.KeySet(), "application/json"));
        await issuer._app.StartAsync();
        issuer.Address = issuer._app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
        return issuer;
    }

    /// <summary>Withdraws the key and takes another.</summary>
    public RSA Rotate()
    {
        var old = Key;
        Key = RSA.Create(2048);
        _keys++;
        return old;
    }

    /// <summary>The claims of a good token.</summary>
    public Dictionary<string, object> Claims(params string[] roles)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        return new() { ["iss"] = Address, ["aud"] = Audience, ["sub"] = "robot-7", ["iat"] = now, ["nbf"] = now, ["exp"] = now + 600, ["roles"] = roles };
    }

    public string Sign(Dictionary<string, object> claims, RSA? key = null, string? keyId = null) =>
        Signed($$"""{"alg": "RS256", "typ": "JWT", "kid": "{{keyId ?? KeyId}}"}""", claims, bytes => (key ?? Key).SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    public static string Signed(string header, Dictionary<string, object> claims, Func<byte[], byte[]> sign)
    {
        var content = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return $"{content}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(content)))}";
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Key.Dispose();
    }

    private string KeySet()
    {
        var key = Key.ExportParameters(includePrivateParameters: false);
        return $$"""{"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "{{KeyId}}", "n": "{{Base64Url.EncodeToString(key.Modulus)}}", "e": "{{Base64Url.EncodeToString(key.Exponent)}}"}]}""";
    }
}
