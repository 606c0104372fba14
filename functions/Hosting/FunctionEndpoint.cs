using Tickets.Contracts;
using Tickets.Core.Access;

namespace Tickets.Functions.Hosting;

/// <summary>What happens to a request before its function sees it: readiness, caller, limits, permission, query.</summary>
internal sealed class FunctionEndpoint(HttpFunction function, long defaultMaxBodyBytes, IServiceProvider services, Readiness readiness, TimeProvider time)
{
    /// <summary>A request that comes while the app starts is held this long before it is answered 503.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly long _maxBodyBytes = function.MaxBodyBytes ?? defaultMaxBodyBytes;
    private Authenticate? _authenticate;
    private LimitRequests? _limit;

    public Task Invoke(HttpContext context) =>
        readiness.IsReady || function.AnswersBeforeReady ? InvokeReady(context) : WaitAndInvoke(context);

    private async Task WaitAndInvoke(HttpContext context)
    {
        try
        {
            await readiness.WhenReady.WaitAsync(LongestWait, time, context.RequestAborted);
        }
        catch (TimeoutException)
        {
            await context.AnswerProblem(HttpProblems.Unavailable($"Not ready: {readiness.WaitingFor}."));
            return;
        }

        await InvokeReady(context);
    }

    private Task InvokeReady(HttpContext context)
    {
        if (function.Permission is not { } permission)
            return InvokeFunction(context, null);

        // Not before the app is ready: resolving it may need what initialising sets up.
        _authenticate ??= services.GetRequiredService<Authenticate>();
        var authenticated = _authenticate(context.Request);
        return authenticated.IsCompletedSuccessfully
            ? InvokeAs(context, authenticated.Result, permission)
            : AwaitAndInvoke(context, authenticated, permission);
    }

    private async Task AwaitAndInvoke(HttpContext context, ValueTask<Caller?> authenticated, Permission permission) =>
        await InvokeAs(context, await authenticated, permission);

    private Task InvokeAs(HttpContext context, Caller? caller, Permission permission)
    {
        if (caller is null)
            return context.AnswerProblem(HttpProblems.Unauthorized);
        if (LimitFault(context, caller) is { } tooMany)
            return context.AnswerProblem(tooMany);
        if (!caller.May(permission))
            return context.AnswerProblem(HttpProblems.Forbidden($"The role {caller.Role.Text()} does not include the permission to {permission.ToString().ToLowerInvariant()}."));
        if (function.AllQueues && !caller.ReachesAll)
            return context.AnswerProblem(HttpProblems.Forbidden("This concerns all queues, and this key reaches only some."));
        return InvokeFunction(context, caller);
    }

    private Task InvokeFunction(HttpContext context, Caller? caller)
    {
        if (QueryParameters.Fault(context.Request.QueryString, function.QueryParameters) is { } problem)
            return context.AnswerProblem(problem);

        context.Features.Set(new FunctionCall(caller, _maxBodyBytes));
        return function.Handler(context);
    }

    private Problem? LimitFault(HttpContext context, Caller caller)
    {
        if (caller.Limits is null)
            return null;
        _limit ??= services.GetRequiredService<LimitRequests>();
        return _limit(caller) is { } allowance ? RateLimitHeaders.Tell(context.Response, allowance) : null;
    }
}
