using System.Net;
using System.Text.Json;
using Tickets.Contracts;

namespace Tickets.Tests.Hosting;

internal static class ProblemAssert
{
    /// <summary>The answer is a whole problem document of this status and code; returns it.</summary>
    public static async Task<Problem> IsProblem(this HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{(int)response.StatusCode}: {body}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonSerializer.Deserialize(body, TicketsJson.Default.Problem)!;
        Assert.Equal(code, problem.Code);
        Assert.Equal((int)status, problem.Status);
        Assert.NotEmpty(problem.Title);
        Assert.Equal(response.Headers.GetValues("x-trace-id").Single(), problem.TraceId);
        return problem;
    }
}
