using Microsoft.Extensions.Configuration;
using Tickets.Core.Platform.Storage;
using Tickets.Core.Platform.Tables;

namespace Tickets.Tests.Platform;

public class StorageAccountTests
{
    [Theory]
    [InlineData("Storage:ConnectionString")]
    [InlineData("AzureWebJobsStorage")]
    public void The_emulators_shortcut_works_under_either_name(string key) =>
        Assert.Equal("devstoreaccount1", From((key, "UseDevelopmentStorage=true")).Blobs.AccountName);

    [Fact]
    public void The_own_setting_comes_before_the_hosts() =>
        Assert.Equal("mine", From(
            ("AzureWebJobsStorage", "UseDevelopmentStorage=true"),
            ("Storage:ConnectionString", "AccountName=mine;AccountKey=aGVsbG8=;EndpointSuffix=core.windows.net;DefaultEndpointsProtocol=https")).Blobs.AccountName);

    [Fact]
    public void Two_uris_use_the_process_identity() =>
        Assert.Equal("acc", From(("Storage:BlobServiceUri", "https://acc.blob.core.windows.net"), ("Storage:TableServiceUri", "https://acc.table.core.windows.net")).Blobs.AccountName);

    [Fact]
    public void Nothing_or_half_of_it_is_refused_with_the_names_of_the_settings()
    {
        Assert.Contains("Storage:ConnectionString", Assert.Throws<InvalidOperationException>(() => From()).Message);
        Assert.Contains("Storage:TableServiceUri", Assert.Throws<InvalidOperationException>(() => From(("Storage:BlobServiceUri", "https://acc.blob.core.windows.net"))).Message);
        Assert.Contains("AccountKey", Assert.Throws<ArgumentException>(() => new TableServiceClient("AccountName=mine")).Message);
    }

    private static StorageAccount From(params (string Key, string Value)[] settings) =>
        StorageAccount.FromConfiguration(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build());
}
