using Azure.Core;
using Azure.Core.Pipeline;

namespace Tickets.Core.Platform.Tables;

/// <summary>The table service of one storage account.</summary>
public sealed class TableServiceClient
{
    private readonly HttpPipeline _pipeline;
    private readonly Uri _endpoint;

    /// <param name="connectionString">A storage connection string with an account key, or <c>UseDevelopmentStorage=true</c> for the local emulator.</param>
    /// <exception cref="ArgumentException">The string names no account or key.</exception>
    public TableServiceClient(string connectionString, TableClientOptions? options = null)
    {
        var account = TableConnectionString.Parse(connectionString);
        _endpoint = account.Endpoint;
        _pipeline = Build(options, new SharedKeyLitePolicy(account.Account, account.Key, TimeProvider.System));
    }

    /// <param name="endpoint">For instance <c>https://account.table.core.windows.net</c>; https only, since a bearer token is sent.</param>
    public TableServiceClient(Uri endpoint, TokenCredential tokenCredential, TableClientOptions? options = null)
    {
        _endpoint = endpoint;
        _pipeline = Build(options, new BearerTokenAuthenticationPolicy(tokenCredential, "https://storage.azure.com/.default"));
    }

    public TableClient GetTableClient(string tableName) => new(tableName, _endpoint, _pipeline);

    private static HttpPipeline Build(TableClientOptions? options, HttpPipelinePolicy authentication) =>
        HttpPipelineBuilder.Build(new HttpPipelineOptions(options ?? new TableClientOptions())
        {
            PerRetryPolicies = { authentication },
            RequestFailedDetailsParser = new TableRequestFailedDetailsParser(),
        });
}
