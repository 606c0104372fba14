using System.Buffers;
using System.Text;
using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;

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

    private async Task<ItemAnswer> WriteItemAsync(JsonElement item, Caller caller, CancellationToken cancel)
    {
        if (item.ValueKind == JsonValueKind.Object && item.GetPropertyCount() == 1)
        {
            if (item.TryGetProperty("create", out var create) && create.ValueKind == JsonValueKind.Object)
            {
                var created = await writes.CreateAsync(create, caller, cancel);
                return new ItemAnswer(created.Problem, created.IsProblem ? null : created.Value, null);
            }

            if (item.TryGetProperty("update", out var update) && update.ValueKind == JsonValueKind.Object)
            {
                var updated = await writes.UpdateInBulkAsync(update, caller, cancel);
                return new ItemAnswer(updated.Problem, null, updated.IsProblem ? null : updated.Value);
            }
        }

        return new ItemAnswer(Problems.Invalid("", "An item is {\"create\": {…}} or {\"update\": {…}}."), null, null);
    }

    private static ReadOnlyMemory<byte> Compose(IReadOnlyList<ItemAnswer> answers)
    {
        var body = new ArrayBufferWriter<byte>((answers.Count * 128) + 32);
        using var item = JsonScratch.Take();
        body.Write("{\"results\":["u8);
        for (var i = 0; i < answers.Count; i++)
        {
            if (i > 0)
                body.Write(","u8);
            answers[i].WriteTo(body, item);
        }

        body.Write("]}"u8);
        return body.WrittenMemory;
    }

    /// <summary>One of the three.</summary>
    private readonly record struct ItemAnswer(Problem? Problem, CreateTicketResponse? Created, UpdateTicketResponse? Updated)
    {
        /// <summary>
        /// The answer of the single request; a success has its status in front, as a problem has its own. What the single answer says in
        /// its Retry-After header stands in the item as <c>retry_after</c>.
        /// </summary>
        public void WriteTo(ArrayBufferWriter<byte> body, JsonScratch scratch)
        {
            scratch.Clear();
            if (Problem is not null)
            {
                JsonSerializer.Serialize(scratch.Writer, Problem, TicketsJson.Default.Problem);
                body.Write(scratch.Written()[..^1]);
                if (Problem.RetryAfter is { } seconds)
                    body.Write(Encoding.UTF8.GetBytes($",\"retry_after\":{seconds}"));
                body.Write("}"u8);
                return;
            }

            if (Created is not null)
                JsonSerializer.Serialize(scratch.Writer, Created, TicketsJson.Default.CreateTicketResponse);
            else
                JsonSerializer.Serialize(scratch.Writer, Updated, TicketsJson.Default.UpdateTicketResponse!);
            body.Write("{\"status\":200,"u8);
            body.Write(scratch.Written()[1..]);
        }
    }
}
