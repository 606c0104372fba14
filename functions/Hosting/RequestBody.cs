using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Net.Http.Headers;
using Tickets.Contracts;

namespace Tickets.Functions.Hosting;

/// <summary>Reading JSON bodies, up to the function's size limit.</summary>
internal static class RequestBody
{
    /// <summary>
    /// The body as a record; null when it was refused (400, 413 or 415), in which case the problem has been answered.
    /// </summary>
    /// <param name="whenEmpty">Taken for a body of no bytes; without it that is a 400.</param>
    public static async ValueTask<T?> ReadBody<T>(this HttpContext context, JsonTypeInfo<T> typeInfo, T? whenEmpty = null) where T : class
    {
        var (value, problem) = await Read(context, typeInfo, whenEmpty);
        if (problem is not null)
            await context.AnswerProblem(problem);
        return value;
    }

    private static async ValueTask<(T? Value, Problem? Problem)> Read<T>(HttpContext context, JsonTypeInfo<T> typeInfo, T? whenEmpty) where T : class
    {
        var request = context.Request;
        var limit = context.Call().MaxBodyBytes;
        if (request.ContentLength > limit)
            return (null, Problems.PayloadTooLarge(limit));
        if (MediaTypeFault(request) is { } unsupported)
            return (null, unsupported);

        while (true)
        {
            var read = await request.BodyReader.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > limit)
            {
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return (null, Problems.PayloadTooLarge(limit));
            }

            if (read.IsCompleted)
            {
                var result = Parse(read.Buffer, typeInfo, whenEmpty);
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return result;
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static (T? Value, Problem? Problem) Parse<T>(in ReadOnlySequence<byte> body, JsonTypeInfo<T> typeInfo, T? whenEmpty) where T : class
    {
        if (body.IsEmpty)
            return whenEmpty is null ? (null, Problems.MalformedJson("The body is empty.")) : (whenEmpty, null);
        if (body.IsSingleSegment)
            return JsonBody.Parse(body.First, typeInfo);

        var length = (int)body.Length;
        var rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            body.CopyTo(rented);
            return JsonBody.Parse(rented.AsMemory(0, length), typeInfo);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>A body without a type is taken as JSON: hosts that rebuild requests may drop the header.</summary>
    private static Problem? MediaTypeFault(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count > 0)
            return Problems.UnsupportedMediaType("Compressed bodies are not taken: leave Content-Encoding out.");

        var contentType = request.ContentType;
        if (contentType is null or "application/json" or "application/json; charset=utf-8")
            return null;

        var isJson = MediaTypeHeaderValue.TryParse(contentType, out var type)
            && (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase))
            && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));
        return isJson ? null : Problems.UnsupportedMediaType("The body must be application/json in UTF-8.");
    }
}
