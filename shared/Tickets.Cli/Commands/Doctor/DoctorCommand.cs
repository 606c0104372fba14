using System.CommandLine;
using System.Text.Json.Nodes;

namespace Tickets.Cli;

/// <summary>Looks at a whole environment from where its user stands, and says what is wrong and what to do.</summary>
internal sealed class DoctorCommand(Shell shell, GlobalOptions global) : ApiCommand(shell, global, "doctor", "Checks a whole environment and says what is wrong and what to do.")
{
    /// <summary>An outage is an answer here.</summary>
    protected override TimeSpan RetryFor(ParseResult parsed) => TimeSpan.Zero;

    protected override async Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken cancel)
    {
        Terminal.Error.WriteLine($"Looking at {session.Client.Address.AbsoluteUri}");
        var found = new List<Diagnosis>();
        if (await ServiceChecks.ReachAsync(session.Client, found, cancel))
        {
            await ServiceChecks.LookAsync(session.Client, found, cancel);
            var role = await KeyChecks.LookAsync(session.Client, found, cancel);
            if (role != Reach.None) await SettingsChecks.LookAsync(session.Client, found, cancel);
            if (role == Reach.Operate) await WorkChecks.LookAsync(session.Client, found, cancel);
            else if (role == Reach.Read) found.Add(Diagnosis.Skipped("work", "orchestrations, webhooks, operations and metrics are shown to operators only"));
        }

        session.Answers.Write(new JsonObject { ["checks"] = new JsonArray([.. found.Select(diagnosis => diagnosis.ToJson())]) });
        var faults = found.Count(diagnosis => diagnosis.Verdict == "fault");
        Terminal.Error.WriteLine($"{found.Count} checks: {faults} faults, {found.Count(diagnosis => diagnosis.Verdict == "warning")} warnings");
        return faults == 0 ? ExitCode.Ok : ExitCode.Unwell;
    }
}
