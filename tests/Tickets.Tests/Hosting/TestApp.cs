using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tickets.Core.Access;
using Tickets.Functions.Hosting;

namespace Tickets.Tests.Hosting;

/// <summary>The real server and pipeline in this process, on a free port, with functions of the test's own.</summary>
internal sealed class TestApp : IAsyncDisposable
{
    public const string ReaderKey = "tk_reader_x";
    public const string RobotKey = "tk_robot_x";

    private readonly WebApplication _app;

    private TestApp(WebApplication app, RecordedLog log)
    {
        _app = app;
        Log = log;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());
        Client = new HttpClient { BaseAddress = Address };
        Client.DefaultRequestHeaders.Add("Authorization", $"Bearer {RobotKey}");
    }

    public RecordedLog Log { get; }
    public Uri Address { get; }

    /// <summary>Calls as a robot.</summary>
    public HttpClient Client { get; }

    public static async Task<TestApp> Start(
        Action<FunctionCatalog> declare,
        bool underHost = false,
        Func<IServiceProvider, CancellationToken, Task>? initialize = null,
        Action<IServiceCollection>? services = null,
        params string[] settings)
    {
        var functions = new FunctionCatalog();
        declare(functions);
        var log = new RecordedLog();
        var app = new FunctionApp
        {
            Functions = functions,
            Configure = (registrations, _) =>
            {
                registrations.AddSingleton<Authenticate>(request => new(KnownCaller(BearerCredential.Of(request))));
                services?.Invoke(registrations);
            },
            Initialize = initialize ?? ((_, _) => Task.CompletedTask),
        }.Build(["--Hosting:Url=http://127.0.0.1:0", .. settings], underHost ? 0 : null, builder => builder.Logging.ClearProviders().AddProvider(log));
        await app.StartAsync();
        return new TestApp(app, log);
    }

    /// <summary>Sends bytes as they are and reads until the server closes.</summary>
    /// <param name="breakOff">Closes the sending side, as a client does that goes away.</param>
    public async Task<string> SendRaw(string request, bool breakOff = false)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(Address.Host, Address.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        if (breakOff)
            socket.Client.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        try
        {
            return await reader.ReadToEndAsync();
        }
        catch (IOException) when (breakOff)
        {
            return "";
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static Caller? KnownCaller(string? credential) => credential switch
    {
        ReaderKey => new Caller("reader", Role.Reader, [""]),
        RobotKey => new Caller("robot", Role.Robot, ["incidents"]),
        _ => null,
    };
}
