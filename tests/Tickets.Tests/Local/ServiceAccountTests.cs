using Tickets.Local.Processes;

namespace Tickets.Tests.Local;

public class ServiceAccountTests
{
    private const string Root = "root:x:0:0:root:/root:/bin/sh";
    private const string Nobody = "nobody:x:65534:65533:nobody:/:/sbin/nologin";

    [Fact]
    public void The_account_made_for_PostgreSQL_is_preferred() =>
        Assert.Equal(new ServiceAccount("postgres", 70, 71), ServiceAccount.Choose([Root, Nobody, "postgres:x:70:71::/var/lib/postgresql:/bin/sh"]));

    [Fact]
    public void Nobody_will_do() => Assert.Equal(new ServiceAccount("nobody", 65534, 65533), ServiceAccount.Choose([Root, Nobody]));

    [Fact]
    public void Root_never_does() => Assert.Null(ServiceAccount.Choose([Root, "# comment", ""]));
}
