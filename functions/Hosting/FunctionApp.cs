using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;

namespace Tickets.Functions.Hosting;

/// <summary>
/// The app: its functions, its services and how it comes up. It runs under the Functions host, alone, or inside a test, and
/// nothing outside this folder can tell which.
/// </summary>
internal sealed record FunctionApp
{
    /// <summary>The host passes on bodies up to this size; the server's own default is lower. Functions have limits of their own below it.</summary>
    public const long ServerMaxBodyBytes = 100 * 1024 * 1024;

    private const string PortVariable = "FUNCTIONS_CUSTOMHANDLER_PORT";
    private const string LogFormat = "Hosting:LogFormat";
    private const string LogTime = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
    private const string EmitVerb = "emit-functions";
    private const string DefaultUrl = "http://127.0.0.1:7071";
    private const long DefaultMaxBodyBytes = 1024 * 1024;

    /// <summary>The host starts its handler again after this code and does not count it as an error; after 0 it never would.</summary>
    private const int RestartMe = 200;

    public required FunctionCatalog Functions { get; init; }

    /// <summary>Registers singletons, <see cref="Authenticate"/> among them. Runs before the port opens, so it reads configuration and nothing else.</summary>
    public Action<IServiceCollection, IConfiguration> Configure { get; init; } = static (_, _) => { };

    /// <summary>Runs once the port is open, and again after a failure until it succeeds; functions wait for it.</summary>
    public Func<IServiceProvider, CancellationToken, Task> Initialize { get; init; } = static (_, _) => Task.CompletedTask;

    /// <summary>Serves until asked to stop, or carries out the verb in the arguments.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> Run(string[] args)
    {
        if (args is [EmitVerb, var directory])
        {
            Functions.Validate();
            ScriptRoot.Write(Functions, directory);
            return 0;
        }

        int? port = int.TryParse(Environment.GetEnvironmentVariable(PortVariable), out var given) ? given : null;
        WebApplication app;
        try
        {
            app = Build(args, port, builder => builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, SignalLifetime>()));
        }
        catch (Exception exception)
        {
            // A setting is missing or wrong, and there is no logger yet.
            await Console.Error.WriteLineAsync($"The app cannot start: {exception}");
            return 1;
        }

        await using (app)
            return await Serve(app, underHost: port is not null);
    }

    /// <summary>The app, ready to start.</summary>
    /// <param name="handlerPort">The port on which the Functions host expects it; null when it runs alone; 0 takes a free one.</param>
    internal WebApplication Build(string[] args, int? handlerPort, Action<WebApplicationBuilder>? adjust = null)
    {
        Functions.Validate();

        // An empty builder, because the full one obeys what the host's image sets for the host itself: ASPNETCORE_URLS,
        // ASPNETCORE_CONTENTROOT (whose appsettings.json is the host's own), Kestrel:Endpoints.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true, reloadOnChange: false)
            .AddEnvironmentVariables()
            .AddCommandLine(args);
        builder.WebHost.UseKestrelCore();
        builder.Services.Configure<KestrelServerOptions>(server => Listen(server, handlerPort));
        AddLogging(builder);
        builder.Services.AddRoutingCore();
        AddServices(builder.Services, underHost: handlerPort is not null);
        Configure(builder.Services, builder.Configuration);
        adjust?.Invoke(builder);

        if (Functions.Http.Any(f => f.Permission is not null) && !builder.Services.Any(s => s.ServiceType == typeof(Authenticate)))
            throw new InvalidOperationException($"Some functions require a permission, but no {nameof(Authenticate)} is registered.");

        var app = builder.Build();
        if (handlerPort is null)
            app.Urls.Add(app.Configuration["Hosting:Url"] ?? DefaultUrl);
        Use(app, underHost: handlerPort is not null);
        return app;
    }

    private async Task<int> Serve(WebApplication app, bool underHost)
    {
        var logger = app.Services.GetRequiredService<ILogger<FunctionApp>>();
        try
        {
            await app.StartAsync();
            Announce(app, logger, underHost);
            await app.WaitForShutdownAsync();
        }
        catch (Exception exception)
        {
            logger.Failed(exception);
            return 1;
        }

        if (!((SignalLifetime)app.Services.GetRequiredService<IHostLifetime>()).StopRequested)
        {
            logger.EndedUnasked();
            return 1;
        }

        logger.Stopped();
        return underHost ? RestartMe : 0;
    }

    private static void Listen(KestrelServerOptions server, int? handlerPort)
    {
        server.AddServerHeader = false;
        server.Limits.MaxRequestBodySize = ServerMaxBodyBytes;
        server.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
        if (handlerPort is { } port)
            server.Listen(IPAddress.Loopback, port);
    }

    private static void AddLogging(WebApplicationBuilder builder)
    {
        // The host files each line of stdout as one entry, and everything on stderr as an error.
        switch (builder.Configuration[LogFormat])
        {
            case null or "" or "text":
                AddTextLog(builder.Logging);
                break;
            case "json":
                AddJsonLog(builder.Logging);
                break;
            case var other:
                throw new InvalidOperationException($"{LogFormat} is '{other}': give text or json.");
        }

        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);

        // While anything of it is on, the server makes an activity and a log scope for every request, which nobody reads.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
    }

    private static void AddTextLog(ILoggingBuilder logging) => logging.AddSimpleConsole(console =>
    {
        console.SingleLine = true;
        console.UseUtcTimestamp = true;
        console.TimestampFormat = LogTime;
        console.ColorBehavior = LoggerColorBehavior.Disabled;
    });

    /// <summary>An object a line, with the event's id, its values by name, and the trace.</summary>
    private static void AddJsonLog(ILoggingBuilder logging)
    {
        logging.Configure(options => options.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId);
        logging.AddJsonConsole(console =>
        {
            console.IncludeScopes = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = LogTime.TrimEnd();
        });
    }

    private void AddServices(IServiceCollection services, bool underHost)
    {
        services.AddSingleton(this);
        services.AddSingleton(Functions);
        services.AddSingleton<Readiness>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddHostedService<Initialization>();
        if (underHost)
            services.AddHostedService<ParentWatch>();
        else
            services.AddHostedService<LocalTimers>();
    }

    private void Use(WebApplication app, bool underHost)
    {
        var services = app.Services;
        if (underHost)
            app.Use(next => context => context.Request.Path.Value is "/" ? Awake(context) : next(context));
        app.Use(next => new RequestPipeline(next, services, services.GetRequiredService<ILogger<RequestPipeline>>()).Invoke);
        app.UseRouting();

        var readiness = services.GetRequiredService<Readiness>();
        var time = services.GetRequiredService<TimeProvider>();
        var maxBodyBytes = app.Configuration.GetValue("Hosting:MaxBodyBytes", DefaultMaxBodyBytes);
        foreach (var function in Functions.Http)
        {
            app.MapMethods($"/{FunctionCatalog.RoutePrefix}/{function.HostRoute}", function.Methods, new FunctionEndpoint(function, maxBodyBytes, services, readiness, time).Invoke)
                .WithMetadata(function);
        }

        if (underHost)
        {
            MapEnvelopes(app, readiness, time);
            return;
        }

        // The host has nothing outside its prefix; alone, people may type the short address.
        app.MapMethods("/ops", ["GET"], static context =>
        {
            context.Response.Redirect($"/{FunctionCatalog.RoutePrefix}/ops");
            return Task.CompletedTask;
        });
    }

    private void MapEnvelopes(WebApplication app, Readiness readiness, TimeProvider time)
    {
        foreach (var timer in Functions.Timers)
        {
            Map(timer.Name, body =>
            {
                var run = Envelope.Read(body, TimerFunction.Binding).ToTimerRun();
                return new Invocation(run.Log, (services, cancellation) => timer.Run(services, run, cancellation));
            });
        }

        foreach (var topic in Functions.Topics)
        {
            Map(topic.Name, body =>
            {
                var message = Envelope.Read(body, TopicFunction.Binding).ToTopicMessage();
                return new Invocation(message.Log, (services, cancellation) => topic.Handle(services, message, cancellation));
            });
        }

        void Map(string name, Func<ReadOnlyMemory<byte>, Invocation> read) =>
            app.MapMethods($"/{name}", ["POST"], new EnvelopeEndpoint(
                name, read, app.Services, readiness, time, app.Lifetime, app.Services.GetRequiredService<ILogger<EnvelopeEndpoint>>()).Invoke);
    }

    /// <summary>The host asks <c>GET /</c> every 25 ms until anything answers, and now and then later.</summary>
    private static Task Awake(HttpContext context)
    {
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    private void Announce(WebApplication app, ILogger logger, bool underHost)
    {
        foreach (var address in app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses)
            logger.Listening(address, underHost ? ", for the Functions host" : "");
        if (underHost)
            return;

        foreach (var topic in Functions.Topics)
            logger.TopicNeedsHost(topic.Name, topic.Topic);
    }
}
