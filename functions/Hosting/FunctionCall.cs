using Microsoft.AspNetCore.Http.Features;
using Tickets.Core.Access;

namespace Tickets.Functions.Hosting;

/// <summary>What a request's function needs to know beside the request. One small object per request, found as a feature.</summary>
/// <param name="Caller">Null on open routes.</param>
internal sealed record FunctionCall(Caller? Caller, long MaxBodyBytes);

internal static class FunctionCallExtensions
{
    /// <summary>Who calls. Its permission has been checked; which queues it reaches is for the function to check.</summary>
    /// <exception cref="InvalidOperationException">The function is open, so nobody was asked for a key.</exception>
    public static Caller Caller(this HttpContext context) =>
        context.Call().Caller ?? throw new InvalidOperationException("An open function has no caller.");

    /// <summary>A singleton of the app. There are no scoped services: a scope per request would cost more than most requests.</summary>
    public static T Service<T>(this HttpContext context) where T : notnull => context.RequestServices.GetRequiredService<T>();

    /// <summary>A value of the route, as decoded by the server.</summary>
    public static string RouteValue(this HttpContext context, string name) =>
        context.Request.RouteValues[name] as string ?? throw new InvalidOperationException($"The route has no value '{name}'.");

    internal static FunctionCall Call(this HttpContext context) => context.Features.GetRequiredFeature<FunctionCall>();
}
