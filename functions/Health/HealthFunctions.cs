using System.Reflection;
using System.Runtime.InteropServices;
using Tickets.Contracts;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Health;

/// <summary>The open routes: whether this process is alive, of use, and which one it is.</summary>
internal static class HealthFunctions
{
    private static readonly VersionAnswer Version = new(VersionText, RuntimeInformation.FrameworkDescription);

    public static string VersionText => typeof(HealthFunctions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public static void Declare(FunctionCatalog functions)
    {
        functions.MapGet("/ping", Ping).WithName("Ping").Describes(HealthDescriptions.Ping).Open();
        functions.MapGet("/health/live", Live).WithName("HealthLive").Describes(HealthDescriptions.Live).Open();
        functions.MapGet("/health/ready", Ready).WithName("HealthReady").Describes(HealthDescriptions.Ready).Open();
        functions.MapGet("/version", GetVersion).WithName("Version").Describes(HealthDescriptions.Version).Open();
    }

    /// <summary>200 while the settings are fresh enough to act on, else 500.</summary>
    private static Task Ping(HttpContext context)
    {
        // The settings are part of what initialising reads; before that, asking for them is too early.
        var fault = context.Service<Readiness>().WaitingFor ?? context.RequestServices.GetService<SettingsFault>()?.Invoke();
        return fault is null ? Live(context) : context.AnswerProblem(new Problem
        {
            Title = "The settings are stale", Status = StatusCodes.Status500InternalServerError, Code = ProblemCodes.StaleSettings, Detail = fault,
        });
    }

    private static Task Live(HttpContext context) => context.Answer(new LiveAnswer("ok"), HealthJson.Default.LiveAnswer);

    /// <summary>200 when every dependency answers well, else 503; both name each of them.</summary>
    private static async Task Ready(HttpContext context)
    {
        if (context.Service<Readiness>().WaitingFor is { } waitingFor)
        {
            await context.AnswerProblem(HttpProblems.Unavailable($"Not ready: {waitingFor}."));
            return;
        }

        var answer = await context.Service<DependencyChecks>().Run(context.RequestAborted);
        await context.Answer(answer, HealthJson.Default.ReadyAnswer, answer.Status == "ok" ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static Task GetVersion(HttpContext context) => context.Answer(Version, HealthJson.Default.VersionAnswer);
}
