using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Tickets.Acceptance.Access;

public class TokenTests(RunningApp app)
{
    public static TheoryData<string> Faults => new(Forgeries(new Dictionary<string, object>(), null!).Select(forgery => forgery.Name));

    [Fact]
    public async Task A_token_of_the_issuer_opens_what_its_roles_grant_and_nothing_else()
    {
        var (queue, foreign) = (await app.NewQueueAsync(below: "token/mine"), await app.NewQueueAsync(below: "token/theirs"));
        var robot = app.Admin.As(app.Issuer.Sign(app.Issuer.Claims("tickets.robot:token/mine", "SomeOtherApp.Admin")));

        await robot.CreateAsync(queue);
        (await robot.PostAsync("/tickets", $$"""{"queue": "{{foreign}}"}""")).Problem(403, "forbidden");
        (await robot.PutAsync($"/queues?queue={queue}", "{}")).Problem(403, "forbidden");
        var me = (await robot.GetAsync("/caller")).Ok();
        Assert.Equal(("token:robot-7", "robot"), (me.Text("caller"), me.Text("role")));
        Assert.Equal(["token/mine"], me.Texts("queue_prefixes"));
    }

    [Fact]
    public async Task Queues_may_stand_in_a_claim_of_their_own_and_a_star_means_all()
    {
        var queue = await app.NewQueueAsync(below: "token/claimed");
        var claims = app.Issuer.Claims("tickets.reader");
        (await app.Admin.As(app.Issuer.Sign(claims)).GetAsync($"/queues?queue={queue}")).Problem(403, "forbidden");

        claims["queues"] = new[] { "token/claimed", "elsewhere" };
        (await app.Admin.As(app.Issuer.Sign(claims)).GetAsync($"/queues?queue={queue}")).Ok();
        (await app.Admin.As(app.Issuer.Sign(app.Issuer.Claims("tickets.admin:*"))).GetAsync($"/queues?queue={queue}")).Ok();
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_token_with_one_fault_opens_nothing(string fault)
    {
        var token = Forgeries(app.Issuer.Claims("tickets.admin:*"), app.Issuer).Single(forgery => forgery.Name == fault).Make();

        (await app.Admin.As(token).GetAsync("/queues")).Problem(401, "unauthorized");
    }

    [Fact]
    public async Task Keys_that_the_issuer_takes_are_learned_and_those_that_it_withdraws_are_good_no_more()
    {
        var claims = app.Issuer.Claims("tickets.reader:*");
        var before = app.Issuer.Sign(claims);
        (await app.Admin.As(before).GetAsync("/queues")).Ok();

        using var withdrawn = app.Issuer.Rotate();
        var after = app.Issuer.Sign(claims);

        await Eventually.IsAsync(async () => (await app.Admin.As(after).GetAsync("/queues")).Status == 200, TimeSpan.FromSeconds(60));
        await Eventually.IsAsync(async () => (await app.Admin.As(before).GetAsync("/queues")).Status == 401, TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task What_the_platform_would_say_is_not_believed_where_anybody_could_say_it()
    {
        var principal = Convert.ToBase64String(Encoding.UTF8.GetBytes("""{"auth_typ": "aad", "claims": [{"typ": "sub", "val": "x"}, {"typ": "roles", "val": "tickets.admin:*"}]}"""));
        var nobody = app.Admin.As(null);

        (await nobody.GetAsync("/queues", ("X-MS-CLIENT-PRINCIPAL", principal), ("X-MS-CLIENT-PRINCIPAL-ID", "x"))).Problem(401, "unauthorized");
        (await nobody.GetAsync("/queues", ("x-functions-key", "master"))).Problem(401, "unauthorized");
    }

    private static IEnumerable<(string Name, Func<string> Make)> Forgeries(Dictionary<string, object> good, TestIssuer issuer)
    {
        static Dictionary<string, object> With(Dictionary<string, object> claims, string name, object? value)
        {
            var changed = new Dictionary<string, object>(claims);
            if (value is null)
                changed.Remove(name);
            else
                changed[name] = value;
            return changed;
        }

        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        yield return ("expired", () => issuer.Sign(With(With(good, "nbf", now - 900), "exp", now - 120)));
        yield return ("not yet valid", () => issuer.Sign(With(good, "nbf", now + 300)));
        yield return ("without an end", () => issuer.Sign(With(good, "exp", null)));
        yield return ("for another audience", () => issuer.Sign(With(good, "aud", "api://others")));
        yield return ("for no audience", () => issuer.Sign(With(good, "aud", null)));
        yield return ("of another issuer", () => issuer.Sign(With(good, "iss", "https://elsewhere.example")));
        yield return ("of no issuer", () => issuer.Sign(With(good, "iss", null)));
        yield return ("without a subject", () => issuer.Sign(With(good, "sub", null)));
        yield return ("without a role", () => issuer.Sign(With(good, "roles", null)));
        yield return ("with roles of another application only", () => issuer.Sign(With(good, "roles", new[] { "admin", "other.admin:*" })));
        yield return ("with two different roles", () => issuer.Sign(With(good, "roles", new[] { "tickets.admin:a", "tickets.reader:*" })));
        yield return ("with a number for a role", () => issuer.Sign(With(good, "roles", new[] { "tickets.3:*" })));
        yield return ("with an empty queue prefix", () => issuer.Sign(With(good, "roles", new[] { "tickets.admin:" })));
        yield return ("signed with another key", () => issuer.Sign(good, RSA.Create(2048)));
        yield return ("signed with a key that nobody knows", () => issuer.Sign(good, RSA.Create(2048), "stranger"));
        yield return ("with its own key in the header", () =>
        {
            using var own = RSA.Create(2048);
            var key = own.ExportParameters(false);
            var jwk = $$"""{"kty": "RSA", "n": "{{Base64Url.EncodeToString(key.Modulus)}}", "e": "{{Base64Url.EncodeToString(key.Exponent)}}"}""";
            return TestIssuer.Signed($$"""{"alg": "RS256", "jwk": {{jwk}} }""", good, bytes => own.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        });
        yield return ("not signed, alg none", () => TestIssuer.Signed("""{"alg": "none", "typ": "JWT"}""", good, _ => []));
        yield return ("not signed, alg NoNe", () => TestIssuer.Signed("""{"alg": "NoNe", "typ": "JWT"}""", good, _ => []));
        yield return ("with the public key as an HMAC secret", () => Hmac(issuer.Key.ExportSubjectPublicKeyInfo()));
        yield return ("with the public key's PEM as an HMAC secret", () => Hmac(Encoding.ASCII.GetBytes(issuer.Key.ExportSubjectPublicKeyInfoPem())));
        yield return ("with the modulus as an HMAC secret", () => Hmac(issuer.Key.ExportParameters(false).Modulus!));
        yield return ("tampered in its claims", () =>
        {
            var parts = issuer.Sign(With(good, "roles", new[] { "tickets.reader:nowhere" })).Split('.');
            return $"{parts[0]}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(good))}.{parts[2]}";
        });
        yield return ("tampered in its signature", () =>
        {
            var token = issuer.Sign(good);
            return $"{token[..^20]}{(token[^20] == 'A' ? 'B' : 'A')}{token[^19..]}";
        });
        yield return ("without its signature", () => issuer.Sign(good)[..^342]);
        yield return ("cut short", () => issuer.Sign(good)[..100]);
        yield return ("too long", () => issuer.Sign(With(good, "roles", Enumerable.Range(0, 800).Select(n => $"tickets.admin:q{n}").ToArray())));

        string Hmac(byte[] secret) => TestIssuer.Signed($$"""{"alg": "HS256", "typ": "JWT", "kid": "{{issuer.KeyId}}"}""", good, bytes => HMACSHA256.HashData(secret, bytes));
    }
}
