using System.Net;
using System.Security.Cryptography;
using System.Text;
using Azure.Storage.Blobs;
using Npgsql;
using Tickets.Local;

namespace Tickets.Tests.Local;

public class ServersTests(StackFixture fixture) : IClassFixture<StackFixture>
{
    private LocalStack Stack => fixture.Stack;

    [Fact]
    public async Task PostgreSQL_18_answers_in_the_settings_database_and_in_both_shards()
    {
        Assert.Equal(["hot-0", "hot-1"], Stack.Shards.Keys.Order());
        foreach (var database in Stack.Shards.Values.Prepend(Stack.SettingsDatabase))
            Assert.StartsWith("18", await Sql.ScalarAsync<string>(database, "select current_setting('server_version')"));
        Assert.Equal("tickets_settings", await Sql.ScalarAsync<string>(Stack.SettingsDatabase, "select current_database()::text"));
    }

    [Fact]
    public async Task Commits_are_durable_and_strings_sort_alike_on_every_machine()
    {
        Assert.Equal("on", await Sql.ScalarAsync<string>(Stack.SettingsDatabase, "select current_setting('fsync')"));
        Assert.Equal("C.UTF-8", await Sql.ScalarAsync<string>(Stack.SettingsDatabase, "select datlocale from pg_database where datname = current_database()"));
    }

    [Fact]
    public async Task PostgreSQL_listens_on_loopback_only_and_asks_for_the_password()
    {
        Assert.Equal("127.0.0.1", await Sql.ScalarAsync<string>(Stack.SettingsDatabase, "select current_setting('listen_addresses')"));
        var guess = new NpgsqlConnectionStringBuilder(Stack.SettingsDatabase) { Password = "tickets" };
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => Sql.ScalarAsync<int>(guess.ConnectionString, "select 1"));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refusal.SqlState);
    }

    [Fact]
    public async Task Azurite_keeps_blobs()
    {
        var container = new BlobServiceClient(Stack.StorageConnectionString).GetBlobContainerClient("parts");
        await container.CreateAsync(cancellationToken: TestContext.Current.CancellationToken);
        await container.UploadBlobAsync("day", BinaryData.FromString("ticket"), TestContext.Current.CancellationToken);
        var read = await container.GetBlobClient("day").DownloadContentAsync(TestContext.Current.CancellationToken);
        Assert.Equal("ticket", read.Value.Content.ToString());
    }

    [Fact]
    public async Task Azurite_keeps_tables()
    {
        var settings = Stack.StorageConnectionString.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split('=', 2)).ToDictionary(part => part[0], part => part[1]);
        var date = DateTimeOffset.UtcNow.ToString("R");
        var signed = HMACSHA256.HashData(Convert.FromBase64String(settings["AccountKey"]), Encoding.UTF8.GetBytes($"{date}\n/devstoreaccount1/devstoreaccount1/Tables"));
        using var request = new HttpRequestMessage(HttpMethod.Post, settings["TableEndpoint"] + "/Tables");
        request.Headers.Add("x-ms-date", date);
        request.Headers.Add("x-ms-version", "2019-02-02");
        request.Headers.TryAddWithoutValidation("Authorization", $"SharedKeyLite devstoreaccount1:{Convert.ToBase64String(signed)}");
        request.Headers.Add("Accept", "application/json;odata=nometadata");
        request.Content = new StringContent("""{"TableName": "coldshards"}""", Encoding.UTF8, "application/json");

        using var http = new HttpClient();
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }
}
