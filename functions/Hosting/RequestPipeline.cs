using System.Diagnostics;
using Azure;
using Microsoft.AspNetCore.Http.Features;
using Tickets.Contracts;
using Tickets.Core.Platform;

namespace Tickets.Functions.Hosting;

/// <summary>
/// Around every request: its trace id, and a problem document for whatever went wrong, be it a path that nothing serves, a
/// request that cannot be read, or a bug.
/// </summary>
internal sealed class RequestPipeline(RequestDelegate next, IServiceProvider services, ILogger<RequestPipeline> logger)
{
    private const int ClientClosedRequest = 499;

    private readonly SingletonServices _services = new(services);

    public Task Invoke(HttpContext context) => RequestSpan.IsWanted(context.Request) ? InvokeTraced(context) : InvokeUntraced(context);

    private async Task InvokeTraced(HttpContext context)
    {
        var span = RequestSpan.Begin(context.Request);
        try
        {
            await InvokeUntraced(context);
        }
        finally
        {
            RequestSpan.End(span, context);
        }
    }

    private async Task InvokeUntraced(HttpContext context)
    {
        context.Features.Set<IServiceProvidersFeature>(_services);
        var traceId = TraceId();
        context.Response.Headers[Answers.TraceIdHeader] = traceId;
        try
        {
            await next(context);
            if (!context.Response.HasStarted && Unanswered(context) is { } problem)
                await context.AnswerProblem(problem);
        }
        catch (Exception exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Whatever was thrown, nobody waits for the answer any more.
            logger.ClientGone(context.Request.Method, context.Request.Path, traceId);
            if (!context.Response.HasStarted)
                context.Response.StatusCode = ClientClosedRequest;
            else if (exception is not OperationCanceledException)
                context.Abort();
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            await Answer(context, traceId, Refused(exception));
        }
        catch (Exception exception) when (ConnectionLoss.Passes(exception) && !context.Response.HasStarted)
        {
            // A database that is away, restarting or too slow: the caller may try again, and nothing was half done.
            logger.DatabaseAway(exception, context.Request.Method, context.Request.Path, traceId);
            await Answer(context, traceId, HttpProblems.Unavailable("A database cannot be reached."));
        }
        catch (RequestFailedException exception) when (!context.Response.HasStarted)
        {
            logger.StorageAway(exception, context.Request.Method, context.Request.Path, traceId);
            await Answer(context, traceId, HttpProblems.Unavailable("The storage account cannot be reached."));
        }
        catch (Exception exception)
        {
            logger.RequestFailed(exception, context.Request.Method, context.Request.Path, traceId);
            if (context.Response.HasStarted)
                context.Abort(); // The client must not take half an answer for a whole one.
            else
                await Answer(context, traceId, HttpProblems.Internal);
        }
    }

    private static Task Answer(HttpContext context, string traceId, Problem problem)
    {
        context.Response.Clear();
        context.Response.Headers[Answers.TraceIdHeader] = traceId;
        return context.AnswerProblem(problem);
    }

    /// <summary>What the router left as a bare status. The Allow header of a 405 is already there.</summary>
    private static Problem? Unanswered(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<HttpFunction>() is not null ? null : context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => HttpProblems.NotFound,
        StatusCodes.Status405MethodNotAllowed => HttpProblems.MethodNotAllowed,
        _ => null,
    };

    /// <summary>Found by the server while the body was read: cut short, wrongly chunked, too slow, too long.</summary>
    private static Problem Refused(BadHttpRequestException exception) => exception.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => HttpProblems.PayloadTooLarge(FunctionApp.ServerMaxBodyBytes),
        StatusCodes.Status408RequestTimeout => HttpProblems.MalformedRequest(exception.StatusCode, "The body came too slowly."),
        var status => HttpProblems.MalformedRequest(status, "The body is cut short or not framed as HTTP says."),
    };

    /// <summary>The caller's, or that of the request's span, or one for the log alone.</summary>
    private static string TraceId() =>
        (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.TraceId : ActivityTraceId.CreateRandom()).ToHexString();

    /// <summary>Gives requests the root services in place of a scope made for each.</summary>
    private sealed class SingletonServices(IServiceProvider services) : IServiceProvidersFeature
    {
        public IServiceProvider RequestServices { get; set; } = services;
    }
}
