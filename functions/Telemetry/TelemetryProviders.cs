using System.Reflection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Tickets.Core.Telemetry;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Telemetry;

/// <summary>
/// Listens to the app's instruments and spans. With <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> from the first moment, and everything goes out
/// over OTLP; without, metrics only, for <c>/metrics</c>, and not before the app has been ready for a second: a start has better things to do.
/// </summary>
internal sealed class TelemetryProviders(IConfiguration configuration, Backlogs backlogs, Readiness readiness, TimeProvider time) : BackgroundService
{
    /// <summary>Where the SDK itself looks for it.</summary>
    public const string EndpointSetting = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SampleInterval = TimeSpan.FromSeconds(15);
    private static readonly string[] Meters = ["Tickets", "Npgsql", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];
    private static readonly string[] Sources = ["Tickets", "Tickets.Writer", "Tickets.Oplog", "Tickets.Orchestration", "Npgsql", "System.Net.Http"];

    private readonly TaskCompletionSource _wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<MetricScrape> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MeterProvider? _meters;
    private TracerProvider? _traces;

    /// <summary>Returns when metrics are being kept; asking hastens that.</summary>
    public Task<MetricScrape> ListeningAsync()
    {
        _wanted.TrySetResult();
        return _listening.Task;
    }

    private bool SendsOut => SendsTo(configuration);

    public static bool SendsTo(IConfiguration configuration) => !string.IsNullOrEmpty(configuration[EndpointSetting]);

    /// <summary>The service's name and version; <c>OTEL_SERVICE_NAME</c> and <c>OTEL_RESOURCE_ATTRIBUTES</c> go before them.</summary>
    public static ResourceBuilder Resource() => ResourceBuilder.CreateEmpty()
        .AddService("tickets", serviceVersion: typeof(TelemetryProviders).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion)
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (SendsOut)
            Listen();
        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        // What is still here goes out.
        _traces?.Dispose();
        _meters?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await readiness.WhenReady.WaitAsync(stoppingToken);
            if (_meters is null)
            {
                await Task.WhenAny(_wanted.Task, Task.Delay(Grace, time, stoppingToken));
                stoppingToken.ThrowIfCancellationRequested();
                Listen();
            }

            // A scrape samples the databases itself; what goes out by itself is sampled here.
            while (SendsOut)
            {
                await backlogs.RefreshAsync(stoppingToken);
                await Task.Delay(SampleInterval, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The app stops.
        }
    }

    private void Listen()
    {
        var scrape = new MetricScrape();
        var meters = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(Resource()).AddMeter(Meters).AddReader(scrape.Reader);
        if (SendsOut)
        {
            meters.AddOtlpExporter();
            _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(Resource()).AddSource(Sources).AddProcessor(new SpansOfWork()).AddOtlpExporter().Build();
        }

        _meters = meters.Build();
        _listening.TrySetResult(scrape);
    }
}
