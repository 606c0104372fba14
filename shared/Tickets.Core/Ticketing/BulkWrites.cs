using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Ticketing.Reading;

namespace Tickets.Core.Ticketing;

/// <summary>Many creates and updates in one request; each succeeds or fails alone, and is answered in its place.</summary>
public sealed class BulkWrites(TicketWrites writes)
{
    private const int MaxItems = 1000;

    /// <returns>The body of the answer.</returns>
    public async Task<Result<ReadOnlyMemory<byte>>> WriteAsync(JsonElement body, Caller caller, CancellationToken cancel)
    {
        var errors = new List<ProblemError>();
        var unknown = new List<ProblemError>();
        var reader = new ObjectReader(body, "", errors);
        var items = reader.List("items", MaxItems);
        reader.Finish(unknown);
        if (unknown.Count > 0)
            return Problems.UnknownMembers(unknown);
        if (items is null && errors.Count == 0)
            reader.Fault("items", $"This member is required: a list of at most {MaxItems} items.");
        if (errors.Count > 0)
            return Problems.Invalid(errors);

        // Started in order, so that items of one ticket wait in order; answered together, so that they share their commits.
        var results = await Task.WhenAll(items!.Value.EnumerateArray().Select(item => WriteItemAsync(item, caller, cancel)));
        return Compose(results);
    }

    private async Task<ReadOnlyMemory<byte>> WriteItemAsync(JsonElement item, Caller caller, CancellationToken cancel)
    {
        if (item.ValueKind == JsonValueKind.Object && item.GetPropertyCount() == 1)
        {
            if (item.TryGetProperty("create", out var create) && create.ValueKind == JsonValueKind.Object)
                return Line(await writes.CreateAsync(create, caller, cancel), TicketsJson.Default.CreateTicketResponse);
            if (item.TryGetProperty("update", out var update) && update.ValueKind == JsonValueKind.Object)
                return Line(await writes.UpdateInBulkAsync(update, caller, cancel), TicketsJson.Default.UpdateTicketResponse);
        }

        return Line<CreateTicketResponse>(Problems.Invalid("", "An item is {\"create\": {…}} or {\"update\": {…}}."), TicketsJson.Default.CreateTicketResponse);
    }

    private static ReadOnlyMemory<byte> Line<T>(Result<T> result, JsonTypeInfo<T> type)
    {
        if (result.IsProblem)
            return Serialize(result.Problem, TicketsJson.Default.Problem);
        // The answer of the single request with its status in front.
        return (byte[])[.. "{\"status\":200,"u8, .. Serialize(result.Value, type).Span[1..]];
    }

    private static ReadOnlyMemory<byte> Serialize<T>(T value, JsonTypeInfo<T> type)
    {
        var json = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(json, JsonText.Options);
        JsonSerializer.Serialize(writer, value, type);
        return json.WrittenMemory;
    }

    private static ReadOnlyMemory<byte> Compose(IReadOnlyList<ReadOnlyMemory<byte>> results)
    {
        var body = new ArrayBufferWriter<byte>(results.Sum(result => result.Length + 1) + 32);
        using var writer = new Utf8JsonWriter(body, JsonText.Options);
        writer.WriteStartObject();
        writer.WriteStartArray("results"u8);
        foreach (var result in results)
            writer.WriteRawValue(result.Span, skipInputValidation: true);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return body.WrittenMemory;
    }
}
