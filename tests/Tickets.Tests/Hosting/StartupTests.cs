using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Functions.Health;
using Tickets.Functions.Hosting;

namespace Tickets.Tests.Hosting;

public class StartupTests
{
    [Fact]
    public async Task The_port_opens_first_and_requests_wait_until_the_app_has_initialised()
    {
        var initialized = new TaskCompletionSource();
        await using var app = await TestApp.Start(Functions, underHost: true, initialize: (_, _) => initialized.Task, services: s => s.AddSingleton<DependencyChecks>());
        using var awake = await app.Client.GetAsync("/");
        using var live = await app.Client.GetAsync("/api/v1/health/live");
        using var unready = await app.Client.GetAsync("/api/v1/health/ready");
        using var ping = await app.Client.GetAsync("/api/v1/ping");
        var waiting = app.Client.GetAsync("/api/v1/hello");

        Assert.Equal(HttpStatusCode.OK, awake.StatusCode);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        await unready.IsProblem(HttpStatusCode.ServiceUnavailable, ProblemCodes.Unavailable);
        await ping.IsProblem(HttpStatusCode.InternalServerError, ProblemCodes.StaleSettings);
        Assert.False(waiting.IsCompleted);

        initialized.SetResult();
        using var answer = await waiting;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_failed_initialisation_is_logged_and_tried_again()
    {
        var tries = 0;
        await using var app = await TestApp.Start(Functions, initialize: (_, _) => ++tries < 3 ? throw new IOException("no database yet") : Task.CompletedTask);
        using var answer = await app.Client.GetAsync("/api/v1/hello");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(2, app.Log.Lines.Count(l => l is { Id: 102, Exception: IOException }));
    }

    [Fact]
    public async Task Asking_the_awake_route_leaves_no_log_line()
    {
        await using var app = await TestApp.Start(Functions, underHost: true);
        await Eventually.True(() => app.Log.Lines.Any(l => l.Id == 101), "ready");
        var before = app.Log.Lines.Count;
        for (var i = 0; i < 10; i++)
            using (await app.Client.GetAsync("/")) { }

        Assert.Equal(before, app.Log.Lines.Count);
    }

    [Fact]
    public void An_app_that_could_not_check_its_callers_does_not_start()
    {
        var functions = new FunctionCatalog();
        Functions(functions);
        Assert.Contains("Authenticate", Assert.Throws<InvalidOperationException>(() => new FunctionApp { Functions = functions }.Build([], null)).Message);
    }

    [Fact]
    public async Task Stopping_lets_requests_end_that_have_begun()
    {
        var (begun, end) = (new TaskCompletionSource(), new TaskCompletionSource());
        var app = await TestApp.Start(functions => functions.MapGet("/slow", async context =>
        {
            begun.SetResult();
            await end.Task;
            await Hello(context);
        }).WithName("Slow").Requires(Permission.Read));
        using var client = new HttpClient { BaseAddress = app.Address };
        client.DefaultRequestHeaders.Add("Authorization", $"Bearer {TestApp.RobotKey}");
        var request = client.GetAsync("/api/v1/slow");
        await begun.Task;

        var stopped = app.DisposeAsync().AsTask();
        await Eventually.True(() => !Connects(app.Address), "no new connection is taken");
        Assert.False(stopped.IsCompleted);
        end.SetResult();

        using var answer = await request;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await stopped;
    }

    private static bool Connects(Uri address)
    {
        using var socket = new TcpClient();
        try
        {
            socket.Connect(address.Host, address.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static void Functions(FunctionCatalog functions)
    {
        HealthFunctions.Declare(functions);
        functions.MapGet("/hello", Hello).WithName("Hello").Requires(Permission.Read);
    }

    private static Task Hello(HttpContext context) => context.Answer(new NoncesResponse([]), TicketsJson.Default.NoncesResponse);
}
