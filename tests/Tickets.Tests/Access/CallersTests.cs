using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Tickets.Core.Access;
using Tickets.Core.Settings;
using Tickets.Functions.Access;

namespace Tickets.Tests.Access;

public class CallersTests
{
    private const string Principal = """{"auth_typ": "aad", "role_typ": "roles", "claims": [{"typ": "oid", "val": "7"}, {"typ": "roles", "val": "tickets.robot:hiring"}]}""";

    [Fact]
    public async Task A_robots_token_that_the_platform_has_checked_comes_along_with_whom_it_found()
    {
        var caller = await Behind(("WEBSITE_AUTH_ENABLED", "True"), ("Access:EasyAuth", "true")).Authenticate(Request("Bearer checked.by.platform"));

        Assert.Equal(("token:7", Role.Robot), (caller!.KeyId, caller.Role));
    }

    [Theory]
    [InlineData("Basic dXNlcjpwYXNz")]
    [InlineData("Bearer tk_forged")]
    public async Task What_the_platform_says_opens_nothing_for_another_credential(string authorization) =>
        Assert.Null(await Behind(("WEBSITE_AUTH_ENABLED", "True"), ("Access:EasyAuth", "true")).Authenticate(Request(authorization)));

    [Fact]
    public async Task Where_anybody_could_say_it_a_token_is_nobodys() => Assert.Null(await Behind().Authenticate(Request("Bearer made.up.token")));

    private static Callers Behind(params (string Key, string Value)[] settings)
    {
        var options = AccessOptions.From(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build());
        // No key that these tests send is well-formed, so none is looked for.
        return new Callers(options, new KeyRing(null!, TimeProvider.System), new ServiceCollection().BuildServiceProvider());
    }

    private static HttpRequest Request(string authorization)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Authorization = authorization;
        context.Request.Headers["X-MS-CLIENT-PRINCIPAL"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(Principal));
        return context.Request;
    }
}
