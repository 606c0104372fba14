using System.Text;
using System.Text.Json;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Tickets.Core.Platform.Tables;

/// <summary>
/// One table. Methods throw <see cref="RequestFailedException"/> with the service's status and <see cref="TableErrorCode"/>, and
/// <see cref="ArgumentException"/> before sending for what the service would refuse anyway.
/// </summary>
public sealed class TableClient
{
    private readonly HttpPipeline _pipeline;
    private readonly string _endpoint;

    internal TableClient(string name, Uri endpoint, HttpPipeline pipeline)
    {
        TableLimits.CheckTableName(name);
        Name = name;
        _endpoint = endpoint.AbsoluteUri.TrimEnd('/');
        _pipeline = pipeline;
    }

    public string Name { get; }

    /// <summary>Answers false when the table was there already.</summary>
    public async Task<bool> CreateIfNotExistsAsync(CancellationToken cancellationToken = default)
    {
        using var message = Message(RequestMethod.Post, $"{_endpoint}/Tables");
        message.Request.Headers.Add("Prefer", "return-no-content");
        message.Request.Content = RequestContent.Create(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["TableName"] = Name }));
        var response = await SendAsync(message, cancellationToken);
        return response.Status switch
        {
            201 or 204 => true,
            409 when new RequestFailedException(response) is { ErrorCode: TableErrorCode.TableAlreadyExists } => false,
            _ => throw new RequestFailedException(response),
        };
    }

    /// <summary>Deletes the table with all its rows; no error when there is none.</summary>
    public async Task DeleteAsync(CancellationToken cancellationToken = default)
    {
        using var message = Message(RequestMethod.Delete, $"{_endpoint}/Tables('{Name}')");
        Expect(await SendAsync(message, cancellationToken), 204, 404);
    }

    /// <summary>409 <see cref="TableErrorCode.EntityAlreadyExists"/> when the keys are taken.</summary>
    public async Task<Response> AddEntityAsync(TableEntity entity, CancellationToken cancellationToken = default)
    {
        TableLimits.CheckEntity(entity);
        using var message = Message(RequestMethod.Post, $"{_endpoint}/{Name}");
        message.Request.Headers.Add("Prefer", "return-no-content");
        message.Request.Content = RequestContent.Create(TableEntityJson.Write(entity));
        return Expect(await SendAsync(message, cancellationToken), 204, 201);
    }

    /// <summary>404 when there is no such row, 412 when it has another ETag.</summary>
    public async Task<Response> UpdateEntityAsync(
        TableEntity entity, ETag ifMatch, TableUpdateMode mode = TableUpdateMode.Merge, CancellationToken cancellationToken = default)
    {
        TableLimits.CheckEntity(entity);
        using var message = Message(mode == TableUpdateMode.Replace ? RequestMethod.Put : RequestMethod.Patch, EntityUri(entity.PartitionKey, entity.RowKey));
        message.Request.Headers.Add(HttpHeader.Names.IfMatch, ifMatch.ToString("H"));
        message.Request.Content = RequestContent.Create(TableEntityJson.Write(entity));
        return Expect(await SendAsync(message, cancellationToken), 204);
    }

    public async Task<Response> UpsertEntityAsync(
        TableEntity entity, TableUpdateMode mode = TableUpdateMode.Merge, CancellationToken cancellationToken = default)
    {
        TableLimits.CheckEntity(entity);
        using var message = Message(mode == TableUpdateMode.Replace ? RequestMethod.Put : RequestMethod.Patch, EntityUri(entity.PartitionKey, entity.RowKey));
        message.Request.Content = RequestContent.Create(TableEntityJson.Write(entity));
        return Expect(await SendAsync(message, cancellationToken), 204);
    }

    /// <summary>No error when there is no such row; 412 when it has another ETag than asked.</summary>
    public async Task<Response> DeleteEntityAsync(string partitionKey, string rowKey, ETag ifMatch = default, CancellationToken cancellationToken = default)
    {
        using var message = Message(RequestMethod.Delete, EntityUri(partitionKey, rowKey));
        message.Request.Headers.Add(HttpHeader.Names.IfMatch, ifMatch == default ? ETag.All.ToString() : ifMatch.ToString("H"));
        return Expect(await SendAsync(message, cancellationToken), 204, 404);
    }

    /// <summary>404 when there is no such row.</summary>
    public async Task<Response<T>> GetEntityAsync<T>(string partitionKey, string rowKey, CancellationToken cancellationToken = default)
        where T : class, ITableEntity
    {
        var found = await GetEntityIfExistsAsync<T>(partitionKey, rowKey, cancellationToken);
        return found.HasValue ? Response.FromValue(found.Value!, found.GetRawResponse()) : throw new RequestFailedException(found.GetRawResponse());
    }

    public async Task<NullableResponse<T>> GetEntityIfExistsAsync<T>(string partitionKey, string rowKey, CancellationToken cancellationToken = default)
        where T : class, ITableEntity
    {
        using var message = Message(RequestMethod.Get, EntityUri(partitionKey, rowKey));
        var response = Expect(await SendAsync(message, cancellationToken), 200, 404);
        if (response.Status == 404)
            return new NoEntity<T>(response);
        using var json = JsonDocument.Parse(response.Content);
        return Response.FromValue(Entity<T>(TableEntityJson.Read(json.RootElement, response.Headers.ETag)), response);
    }

    /// <summary>The rows that <paramref name="filter"/> keeps, ordered by partition and row key.</summary>
    /// <param name="filter">In the service's filter language; see <see cref="CreateQueryFilter"/>.</param>
    public AsyncPageable<T> QueryAsync<T>(
        string? filter = null, int? maxPerPage = null, IEnumerable<string>? select = null, CancellationToken cancellationToken = default)
        where T : class, ITableEntity =>
        new TableQueryPages<T>(ReadPageAsync<T>, filter, maxPerPage, select is null ? null : string.Join(',', select), cancellationToken);

    /// <summary>All of the actions or none. 1 to 100, one partition key, each row once.</summary>
    /// <exception cref="TableTransactionFailedException">The service refused an action: for instance 409 or 412.</exception>
    public async Task<Response<IReadOnlyList<Response>>> SubmitTransactionAsync(
        IEnumerable<TableTransactionAction> transactionActions, CancellationToken cancellationToken = default)
    {
        var actions = transactionActions.ToList();
        TableLimits.CheckTransaction(actions);
        var batch = TableBatch.Write(actions, a => a.ActionType == TableTransactionActionType.Add
            ? $"{_endpoint}/{Name}"
            : EntityUri(a.Entity.PartitionKey, a.Entity.RowKey));
        using var message = Message(RequestMethod.Post, $"{_endpoint}/$batch");
        message.Request.Headers.SetValue(HttpHeader.Names.ContentType, batch.ContentType);
        message.Request.Content = RequestContent.Create(batch.Body);
        var response = Expect(await SendAsync(message, cancellationToken), 202);
        return Response.FromValue(TableBatch.Read(response, actions.Count), response);
    }

    /// <summary>Puts the interpolated values into the filter as literals of their types, quoted as needed.</summary>
    public static string CreateQueryFilter(FormattableString filter) =>
        string.Format(filter.Format, filter.GetArguments().Select(object? (a) => TableFilter.Literal(a)).ToArray());

    private async Task<Page<T>> ReadPageAsync<T>(
        string? filter, int? top, string? select, string? continuation, CancellationToken cancellationToken)
        where T : class, ITableEntity
    {
        var uri = new StringBuilder($"{_endpoint}/{Name}()?");
        Append("$filter", filter);
        Append("$select", select);
        Append("$top", top?.ToString());
        uri.Append(continuation);
        using var message = Message(RequestMethod.Get, uri.ToString().TrimEnd('&', '?'));
        var response = Expect(await SendAsync(message, cancellationToken), 200);
        using var json = JsonDocument.Parse(response.Content);
        var rows = json.RootElement.GetProperty("value").EnumerateArray().Select(e => Entity<T>(TableEntityJson.Read(e, null))).ToList();
        return Page<T>.FromValues(rows, Continuation(response), response);

        void Append(string name, string? value)
        {
            if (value is not null)
                uri.Append($"{name}={Uri.EscapeDataString(value)}&");
        }
    }

    /// <summary>The next page's query part. The row key may be missing, and a page may be empty and yet have a next one.</summary>
    private static string? Continuation(Response response)
    {
        if (!response.Headers.TryGetValue("x-ms-continuation-NextPartitionKey", out var partition))
            return null;
        var row = response.Headers.TryGetValue("x-ms-continuation-NextRowKey", out var next) ? $"&NextRowKey={Uri.EscapeDataString(next)}" : "";
        return $"NextPartitionKey={Uri.EscapeDataString(partition)}{row}";
    }

    private static T Entity<T>(TableEntity entity)
        where T : class, ITableEntity =>
        entity as T ?? throw new NotSupportedException($"Rows are read as {nameof(TableEntity)}, not as {typeof(T).Name}.");

    private string EntityUri(string partitionKey, string rowKey) =>
        $"{_endpoint}/{Name}(PartitionKey='{Key(partitionKey)}',RowKey='{Key(rowKey)}')";

    private static string Key(string key) => Uri.EscapeDataString(key.Replace("'", "''", StringComparison.Ordinal));

    private HttpMessage Message(RequestMethod method, string uri)
    {
        var message = _pipeline.CreateMessage();
        message.Request.Method = method;
        message.Request.Uri.Reset(new Uri(uri));
        var headers = message.Request.Headers;
        headers.Add("x-ms-version", TableClientOptions.Version);
        headers.Add("DataServiceVersion", "3.0");
        headers.Add(HttpHeader.Names.Accept, TableEntityJson.ContentType);
        headers.Add(HttpHeader.Names.ContentType, "application/json");
        return message;
    }

    private async Task<Response> SendAsync(HttpMessage message, CancellationToken cancellationToken)
    {
        await _pipeline.SendAsync(message, cancellationToken);
        return message.Response;
    }

    private static Response Expect(Response response, int status, int? orStatus = null) =>
        response.Status == status || response.Status == orStatus ? response : throw new RequestFailedException(response);
}
