using System.Text;
using Tickets.Core.Access;
using Tickets.Core.Telemetry;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Telemetry;

internal static class TelemetryFunctions
{
    public static void Declare(FunctionCatalog functions) => functions.MapGet("/metrics", Metrics).WithName("ReadMetrics").Describes(TelemetryDescriptions.Metrics).Requires(Permission.Operate);

    /// <summary>This process's metrics and what waits in the databases, in Prometheus's text format; of queues, those that the caller reaches.</summary>
    private static async Task Metrics(HttpContext context)
    {
        await context.Service<Backlogs>().RefreshAsync(context.RequestAborted);
        var scrape = await context.Service<TelemetryProviders>().ListeningAsync().WaitAsync(context.RequestAborted);
        var text = scrape.Run(new PrometheusText(context.Caller()));
        var body = Encoding.UTF8.GetBytes(text);
        context.Response.ContentType = PrometheusText.ContentType;
        context.Response.ContentLength = body.Length;
        await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
    }
}
