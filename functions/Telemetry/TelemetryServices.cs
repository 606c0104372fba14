using OpenTelemetry.Logs;

namespace Tickets.Functions.Telemetry;

internal static class TelemetryServices
{
    public static void AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<TelemetryProviders>();
        services.AddHostedService(provider => provider.GetRequiredService<TelemetryProviders>());
        if (!TelemetryProviders.SendsTo(configuration))
            return;

        services.AddLogging(logging => logging.AddOpenTelemetry(options =>
        {
            options.SetResourceBuilder(TelemetryProviders.Resource());
            options.AddOtlpExporter();
        }));
    }
}
