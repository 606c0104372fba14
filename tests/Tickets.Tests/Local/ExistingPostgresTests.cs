using Npgsql;
using Tickets.Local;
using Tickets.Local.Postgres;

namespace Tickets.Tests.Local;

public class ExistingPostgresTests
{
    [Fact]
    public void A_URL_means_what_libpq_takes_it_for()
    {
        var parsed = ExistingPostgres.Parse("postgres://rob%40ot:p%3Aw@db.example:6000/stock?sslmode=verify-full&application_name=x");
        Assert.Equal(("rob@ot", "p:w", "db.example", 6000, "stock"), (parsed.Username, parsed.Password, parsed.Host, parsed.Port, parsed.Database));
        Assert.Equal((SslMode.VerifyFull, "x"), (parsed.SslMode, parsed.ApplicationName));
    }

    [Fact]
    public void Port_and_database_have_their_usual_defaults()
    {
        var parsed = ExistingPostgres.Parse("postgresql://localhost");
        Assert.Equal((5432, "postgres"), (parsed.Port, parsed.Database));
        Assert.Equal("postgres", ExistingPostgres.Parse("Host=localhost").Database);
    }

    [Theory]
    [InlineData("not a server")]
    [InlineData("Host=localhost;Colour=red")]
    [InlineData("postgres://localhost?colour=red")]
    [InlineData("postgres://")]
    public void Anything_else_is_refused_by_the_name_of_the_variable(string text) =>
        Assert.Contains("TICKETS_POSTGRES", Assert.Throws<LocalStackException>(() => ExistingPostgres.Parse(text)).Message);
}
