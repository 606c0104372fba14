using System.Buffers;
using Tickets.Core.Platform;

namespace Tickets.Functions.Hosting;

/// <summary>
/// Where the Functions host posts the invocations of one timer or topic: <c>/&lt;FunctionName&gt;</c>. Any 2xx is success to
/// the host, anything else a failed invocation; the body of a failure is for people.
/// </summary>
/// <remarks>
/// Who can reach it: the app listens on the loopback only, and alone (without a host) these endpoints do not exist. Public
/// requests come through the host, which keeps their path, and every public path starts with <c>/api/</c>; no route of ours
/// ends in a catch-all, so no encoding of a path climbs out of that prefix. Should a proxy be put in front all the same, its
/// requests show themselves: the host's own posts carry an invocation id, and neither the caller's credentials nor a
/// proxy's marks. What is left is another process on the same machine that forges the header; that machine is the boundary.
/// </remarks>
internal sealed class EnvelopeEndpoint(
    string function, Func<ReadOnlyMemory<byte>, Invocation> read, IServiceProvider services, Readiness readiness, TimeProvider time,
    IHostApplicationLifetime lifetime, ILogger<EnvelopeEndpoint> logger)
{
    /// <summary>Far above the largest message that we send; a batch of them would not be posted here.</summary>
    public const long MaxBytes = 16 * 1024 * 1024;

    private const string InvocationId = "X-Azure-Functions-InvocationId";

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private static readonly string[] PublicMarks =
        ["Authorization", "Cookie", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "x-functions-key", "X-ARR-LOG-ID"];

    public async Task Invoke(HttpContext context)
    {
        if (Refusal(context.Request) is { } reason)
        {
            logger.EnvelopeRefused(function, reason);
            await context.AnswerProblem(HttpProblems.NotFound);
            return;
        }

        if (context.Request.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) != true)
        {
            await Unreadable(context, StatusCodes.Status415UnsupportedMediaType, "the content type is not application/json");
            return;
        }

        Invocation invocation;
        try
        {
            invocation = read(await Body(context));
        }
        catch (FormatException exception)
        {
            await Unreadable(context, StatusCodes.Status400BadRequest, exception.Message);
            return;
        }

        await Run(context, invocation);
    }

    private async Task Run(HttpContext context, Invocation invocation)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await readiness.WhenReady.WaitAsync(LongestWait, time, cancellation.Token);
            await invocation.Run(services, cancellation.Token);
        }
        catch (Exception exception)
        {
            if (ConnectionLoss.Is(exception))
                logger.RunPutOff(exception, function);
            else
                logger.RunFailed(exception, function);
            await Reply(context, StatusCodes.Status500InternalServerError, [.. invocation.Log.Lines, $"{exception.GetType().Name}; see the app's log, trace {context.TraceId()}"]);
            return;
        }

        await Reply(context, StatusCodes.Status200OK, invocation.Log.Lines);
    }

    private Task Unreadable(HttpContext context, int status, string reason)
    {
        logger.EnvelopeUnreadable(function, reason);
        return Reply(context, status, [reason]);
    }

    private static Task Reply(HttpContext context, int status, IReadOnlyList<string> logs) =>
        context.Answer(new EnvelopeReply { Logs = logs }, EnvelopeJson.Default.EnvelopeReply, status);

    private static string? Refusal(HttpRequest request)
    {
        if (!request.Headers.ContainsKey(InvocationId))
            return $"no {InvocationId}";

        return Array.Find(PublicMarks, request.Headers.ContainsKey) is { } mark ? $"it carries {mark}" : null;
    }

    /// <summary>Of known length or chunked: it depends on the host.</summary>
    private static async Task<ReadOnlyMemory<byte>> Body(HttpContext context)
    {
        var reader = context.Request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(context.RequestAborted);
            if (result.Buffer.Length > MaxBytes)
            {
                reader.AdvanceTo(result.Buffer.End);
                throw new FormatException($"the body is larger than {MaxBytes} bytes");
            }

            if (result.IsCompleted)
            {
                var body = result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return body;
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }
}

/// <summary>One invocation, read and ready to run.</summary>
internal sealed record Invocation(InvocationLog Log, Func<IServiceProvider, CancellationToken, Task> Run);
