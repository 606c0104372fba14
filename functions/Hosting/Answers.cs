using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tickets.Contracts;
using Tickets.Core.Platform;

namespace Tickets.Functions.Hosting;

/// <summary>How functions answer: JSON with its length known, in one write.</summary>
internal static class Answers
{
    public const string TraceIdHeader = "x-trace-id";

    /// <summary>Kept by a thread for its next answer up to this size.</summary>
    private const int KeptBytes = 256 * 1024;

    /// <summary>Text goes out as UTF-8. Escaping for HTML is for those who put it into HTML.</summary>
    private static readonly JsonWriterOptions Json = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    /// <summary>Answers with a value as JSON.</summary>
    public static Task Answer<T>(this HttpContext context, T value, JsonTypeInfo<T> typeInfo, int status = StatusCodes.Status200OK) =>
        Write(context, value, typeInfo, status, "application/json");

    /// <summary>Answers with the value, or with the problem that came instead.</summary>
    public static Task Answer<T>(this HttpContext context, Result<T> result, JsonTypeInfo<T> typeInfo) =>
        result.IsProblem ? context.AnswerProblem(result.Problem) : context.Answer(result.Value, typeInfo);

    /// <summary>Answers with the JSON, or with the problem that came instead.</summary>
    public static Task AnswerJson(this HttpContext context, Result<ReadOnlyMemory<byte>> result) =>
        result.IsProblem ? context.AnswerProblem(result.Problem) : context.AnswerJson(result.Value);

    /// <summary>Answers with JSON that is written already.</summary>
    public static Task AnswerJson(this HttpContext context, ReadOnlyMemory<byte> json)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        response.BodyWriter.Write(json.Span);
        return FlushAsync(context);
    }

    /// <summary>Answers with a problem document; the trace id, <c>Retry-After</c> and <c>WWW-Authenticate</c> are added here.</summary>
    public static Task AnswerProblem(this HttpContext context, Problem problem)
    {
        var headers = context.Response.Headers;
        if (problem.RetryAfter is { } seconds)
            headers.RetryAfter = seconds.ToString();
        if (problem.Status == StatusCodes.Status401Unauthorized)
            headers.WWWAuthenticate = "Bearer";

        var traced = problem with { TraceId = context.TraceId() };
        return Write(context, traced, TicketsJson.Default.Problem, problem.Status, "application/problem+json");
    }

    /// <summary>32 hexadecimal digits: the caller's, from <c>traceparent</c>, or our own.</summary>
    public static string? TraceId(this HttpContext context) => context.Response.Headers[TraceIdHeader];

    private static Task Write<T>(HttpContext context, T value, JsonTypeInfo<T> typeInfo, int status, string contentType)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(4096);
        var json = _json ??= new Utf8JsonWriter(buffer, Json);
        try
        {
            JsonSerializer.Serialize(json, value, typeInfo);

            var response = context.Response;
            response.StatusCode = status;
            response.ContentType = contentType;
            response.ContentLength = buffer.WrittenCount;
            response.BodyWriter.Write(buffer.WrittenSpan);
        }
        finally
        {
            if (buffer.Capacity > KeptBytes)
                _buffer = buffer = new ArrayBufferWriter<byte>(4096);
            else
                buffer.ResetWrittenCount();
            json.Reset(buffer);
        }

        return FlushAsync(context);
    }

    private static Task FlushAsync(HttpContext context)
    {
        var flush = context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        if (!flush.IsCompletedSuccessfully)
            return flush.AsTask();

        _ = flush.Result;
        return Task.CompletedTask;
    }
}
