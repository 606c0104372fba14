using System.Reflection;
using System.Text.Json;
using Tickets.Client;

namespace Tickets.Cli;

/// <summary>Whether the service is there, itself and what it depends on.</summary>
internal static class ServiceChecks
{
    /// <returns>False when nothing else is worth asking.</returns>
    public static async Task<bool> ReachAsync(TicketsClient client, List<Diagnosis> found, CancellationToken cancel)
    {
        const string Check = "reach";
        var started = TimeProvider.System.GetTimestamp();
        try
        {
            var version = await client.GetVersionAsync(cancel);
            found.Add(Diagnosis.Ok(Check, $"answers in {TimeProvider.System.GetElapsedTime(started).TotalMilliseconds:0} ms"));
            Version(version, found);
        }
        catch (TicketsUnreachableException fault)
        {
            found.Add(Diagnosis.Fault(Check, fault.Message, "Is the address right (--host, --env)? Is the service started, and does a firewall or proxy stand between? Locally: dotnet run --project infra/local"));
            return false;
        }
        catch (TicketsProblemException fault) when (fault.Code == TicketsProblemException.ForeignAnswer)
        {
            found.Add(Diagnosis.Fault(Check, $"something answers {fault.Status}, but it is not Tickets", "Check the address and the proxy in front; a Functions host answers so while its handler is down: see its log."));
            return false;
        }
        catch (TicketsProblemException fault)
        {
            found.Add(Diagnosis.Fault(Check, fault.Message, "See the service's log under the trace."));
        }

        if (client.Address is { Scheme: "http", IsLoopback: false })
            found.Add(Diagnosis.Warning("transport", "the key travels unencrypted", "Use https."));
        return true;
    }

    public static async Task LookAsync(TicketsClient client, List<Diagnosis> found, CancellationToken cancel)
    {
        try
        {
            await client.PingAsync(cancel);
            found.Add(Diagnosis.Ok("settings copy", "fresh"));
        }
        catch (TicketsProblemException fault)
        {
            found.Add(Diagnosis.Fault("settings copy", fault.Problem.Detail ?? fault.Message, "The process cannot refresh its settings: look at the settings database and at log event 400."));
        }

        var readiness = await client.GetReadinessAsync(cancel);
        if (!readiness.Report.TryGetProperty("dependencies", out var dependencies))
        {
            found.Add(Diagnosis.Fault("ready", readiness.Report.TryGetProperty("detail", out var detail) ? detail.GetString()! : "not ready", "Wait for the start to finish; log event 102 tells what holds it up."));
            return;
        }

        foreach (var dependency in dependencies.EnumerateObject())
            found.Add(Judge(dependency.Name, dependency.Value));
    }

    private static Diagnosis Judge(string name, JsonElement dependency)
    {
        var check = $"dependency {name}";
        if (dependency.GetProperty("status").GetString() == "ok") return Diagnosis.Ok(check, $"answers in {dependency.GetProperty("duration_ms").GetDouble():0} ms");
        return Diagnosis.Fault(check, dependency.TryGetProperty("reason", out var reason) ? reason.GetString() ?? "failing" : "failing", name switch
        {
            "storage" => "Archived tickets cannot be read: check the storage account, its keys or the identity's roles.",
            "service_bus" => "Subscribers hear nothing: check the namespace, the topic tickets-oplog and the sender's role; log events 703 and 704 tell more.",
            "settings_cache" => "See the settings copy above.",
            _ => "Check that this PostgreSQL runs, takes connections (max_connections) and has room; log events 112 and 500 tell more.",
        });
    }

    private static void Version(JsonElement version, List<Diagnosis> found)
    {
        var (theirs, ours) = (Numbers(version.TryGetProperty("version", out var text) ? text.GetString() : null), Numbers(typeof(ServiceChecks).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion));
        found.Add(theirs == ours
            ? Diagnosis.Ok("version", theirs)
            : Diagnosis.Warning("version", $"the service has {theirs}, this command {ours}", "Commands may be missing on one side: dotnet tool update tickets."));
    }

    private static string Numbers(string? version) => (version ?? "unknown").Split('+', '-')[0];
}
