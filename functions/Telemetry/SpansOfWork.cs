using System.Diagnostics;
using OpenTelemetry;

namespace Tickets.Functions.Telemetry;

/// <summary>
/// Keeps calls to databases and other servers out of the traces when nothing stands behind them: no request, no group of commands, no orchestration. That is
/// the app looking whether there is something to do, dozens of times a second and nearly always in vain; what it does when there is has a span of its own.
/// </summary>
internal sealed class SpansOfWork : BaseProcessor<Activity>
{
    public override void OnStart(Activity data)
    {
        if (data.ParentSpanId != default || data.Source.Name is not ("Npgsql" or "System.Net.Http"))
            return;
        // Exporters pass over what is not recorded, and so is what begins inside of it.
        data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        data.IsAllDataRequested = false;
    }
}
