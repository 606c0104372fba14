using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Trace;
using Tickets.Functions.Telemetry;

namespace Tickets.Tests.Telemetry;

public class SpansOfWorkTests
{
    [Fact]
    public void Looking_for_work_leaves_no_span_and_work_does()
    {
        using var npgsql = new ActivitySource("Npgsql");
        using var tickets = new ActivitySource($"Tickets.{Guid.NewGuid():n}");
        var sent = new List<string>();
        using (Sdk.CreateTracerProviderBuilder().AddSource(npgsql.Name, tickets.Name).AddProcessor(new SpansOfWork()).AddProcessor(new SimpleActivityExportProcessor(new Kept(sent))).Build())
        {
            using (npgsql.StartActivity("looks for work", ActivityKind.Client))
            using (npgsql.StartActivity("inside of it", ActivityKind.Client))
            {
            }

            using (tickets.StartActivity("request", ActivityKind.Server))
            using (npgsql.StartActivity("asks for it", ActivityKind.Client))
            {
            }
        }

        // Other tests of this process may use databases meanwhile.
        Assert.DoesNotContain("looks for work", sent);
        Assert.DoesNotContain("inside of it", sent);
        Assert.Contains("request", sent);
        Assert.Contains("asks for it", sent);
    }

    private sealed class Kept(List<string> sent) : BaseExporter<Activity>
    {
        public override ExportResult Export(in Batch<Activity> batch)
        {
            foreach (var activity in batch)
            {
                lock (sent)
                    sent.Add(activity.OperationName);
            }

            return ExportResult.Success;
        }
    }
}
