using System.Buffers;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;

namespace Tickets.Functions.Hosting;

/// <summary>Reads JSON bodies, up to the function's size limit.</summary>
internal static class RequestJson
{
    /// <summary>The body's JSON object, to be disposed by the function; or 400, 413 or 415.</summary>
    public static async ValueTask<Result<JsonDocument>> ReadJson(this HttpContext context)
    {
        var request = context.Request;
        var limit = context.Call().MaxBodyBytes;
        if (request.ContentLength > limit)
            return HttpProblems.PayloadTooLarge(limit);
        if (MediaTypeFault(request) is { } unsupported)
            return unsupported;

        while (true)
        {
            var read = await request.BodyReader.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > limit)
            {
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return HttpProblems.PayloadTooLarge(limit);
            }

            if (read.IsCompleted)
            {
                // The document keeps pointing into what it was parsed from, and the reader's memory is about to be used again.
                var body = read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return JsonBody.Parse(body);
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Whether the request brings a body at all.</summary>
    public static bool HasBody(this HttpContext context) => context.Request.ContentLength is not (0 or null) || context.Request.Headers.TransferEncoding.Count > 0;

    /// <summary>A body without a type is taken as JSON: hosts that rebuild requests may drop the header.</summary>
    private static Problem? MediaTypeFault(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count > 0)
            return HttpProblems.UnsupportedMediaType("Compressed bodies are not taken: leave Content-Encoding out.");

        var contentType = request.ContentType;
        if (contentType is null or "application/json" or "application/json; charset=utf-8")
            return null;

        var isJson = MediaTypeHeaderValue.TryParse(contentType, out var type)
            && (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase))
            && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));
        return isJson ? null : HttpProblems.UnsupportedMediaType("The body must be application/json in UTF-8.");
    }
}
