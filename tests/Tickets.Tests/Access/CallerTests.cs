using FsCheck;
using FsCheck.Fluent;
using Tickets.Core.Access;

namespace Tickets.Tests.Access;

public class CallerTests
{
    [Theory]
    [InlineData("hiring", "hiring", true)]
    [InlineData("hiring", "hiring/www", true)]
    [InlineData("hiring", "hiring/www/leads", true)]
    [InlineData("hiring", "hiringx", false)]
    [InlineData("hiring", "Hiring", false)]
    [InlineData("hiring", "", false)]
    [InlineData("hiring/www", "hiring", false)]
    [InlineData("", "anything", true)]
    public void A_prefix_covers_its_queue_and_those_below(string prefix, string queue, bool reached) =>
        Assert.Equal(reached, new Caller("k", Role.Robot, [prefix]).Reaches(queue));

    [Fact]
    public void A_caller_without_prefixes_reaches_nothing() => Assert.False(new Caller("k", Role.Admin, []).Reaches("q"));

    [Fact]
    public void Each_role_may_what_the_table_says()
    {
        var table = new Dictionary<Role, Permission[]>
        {
            [Role.Reader] = [Permission.Read],
            [Role.Robot] = [Permission.Read, Permission.Write],
            [Role.Import] = [Permission.Read, Permission.Write, Permission.Import],
            [Role.Operator] = [Permission.Read, Permission.Write, Permission.Operate],
            [Role.Admin] = Enum.GetValues<Permission>(),
        };
        Assert.Equal(Enum.GetValues<Role>().Order(), table.Keys.Order());

        foreach (var (role, may) in table)
            Assert.Equal(may.Order(), Enum.GetValues<Permission>().Where(permission => new Caller("k", role, [""]).May(permission)).Order());
    }

    [Fact]
    public void A_made_key_is_read_back_and_its_hash_depends_on_the_pepper()
    {
        var (id, secret, text) = ApiKey.Make();

        Assert.True(ApiKey.TryParse(text, out var key));
        Assert.Equal((id, secret), (key.KeyId.ToString(), key.Secret.ToString()));
        Assert.NotEqual(ApiKey.Hash(secret, [1]), ApiKey.Hash(secret, [2]));
        Assert.NotEqual(text, ApiKey.Make().Text);
    }

    [Fact]
    public void Any_text_is_read_or_refused_and_never_throws() =>
        Prop.ForAll<string>(text => !ApiKey.TryParse(text ?? "", out var key) || (key.KeyId.Length > 0 && key.Secret.Length > 0 && ApiKey.Hash(key.Secret, [1]).Length == 32)).QuickCheckThrowOnFailure();
}
