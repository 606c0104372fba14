using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Tickets.Core.Access;
using Tickets.Functions.Access;

namespace Tickets.Tests.Access;

public class EasyAuthTests
{
    private const string Principal = """{"auth_typ": "aad", "name_typ": "name", "role_typ": "roles", "claims": [{"typ": "http://schemas.microsoft.com/identity/claims/objectidentifier", "val": "7"}, {"typ": "roles", "val": "tickets.operator:hiring"}]}""";

    [Fact]
    public void A_principal_of_the_platform_is_who_it_says()
    {
        var caller = EasyAuth.Caller(Request(Convert.ToBase64String(Encoding.UTF8.GetBytes(Principal))))!;

        Assert.Equal(("token:7", Role.Operator), (caller.KeyId, caller.Role));
        Assert.Equal(["hiring"], caller.QueuePrefixes);
    }

    [Theory]
    [InlineData("not base64")]
    [InlineData("e30=")]
    [InlineData("W10=")]
    [InlineData("bnVsbA==")]
    public void What_is_no_principal_is_nobody(string header) => Assert.Null(EasyAuth.Caller(Request(header)));

    [Fact]
    public void The_header_is_believed_only_where_the_platform_keeps_copies_of_clients_away()
    {
        Assert.False(Options().EasyAuth);
        Assert.False(Options(("WEBSITE_AUTH_ENABLED", "True")).EasyAuth);
        Assert.True(Options(("WEBSITE_AUTH_ENABLED", "True"), ("Access:EasyAuth", "true")).EasyAuth);
        Assert.Throws<InvalidOperationException>(() => Options(("Access:EasyAuth", "true")));
    }

    private static AccessOptions Options(params (string Key, string Value)[] settings) =>
        AccessOptions.From(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build());

    private static HttpRequest Request(string principal)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers["X-MS-CLIENT-PRINCIPAL"] = principal;
        return context.Request;
    }
}
