using System.Text.Json;
using System.Text.Json.Nodes;
using Tickets.Client;
using Tickets.Contracts;

namespace Tickets.Local.Demo;

/// <summary>
/// What tickets do by themselves: of three inspections of aircraft that were struck, one is reminded of until a robot accepts it, one is accepted by nobody and
/// runs out of its time, and one is in a status that a robot cannot leave. All of it is looked at through the public API.
/// </summary>
internal sealed class Inspections(TicketsClient client, Ledger ledger, TimeProvider time)
{
    private const string Queue = "inspections/ramp";
    private const string Errors = "inspections/errors";
    private const string Group = "inspectors";
    private const string Robot = "robots/inspector";
    private const string Planner = "robots/planner";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private string _accepted = "", _overdue = "", _stuck = "";

    /// <summary>How many tickets are made for it.</summary>
    public const int Tickets = 3;

    /// <param name="seen">Told of each that did what it should.</param>
    /// <param name="cancel">Stops waiting.</param>
    public async Task<IReadOnlyList<Check>> RunAsync(Action seen, CancellationToken cancel)
    {
        var workflow = await client.PutWorkflowAsync(DemoFiles.InspectionsWorkflow(), RevisionCondition.Absent, cancel);
        await client.PutQueueAsync(new Queue { Name = Queue, WorkflowId = workflow.WorkflowId, HotRetention = "P7D" }, RevisionCondition.Absent, cancel);
        await client.PutQueueAsync(new Queue { Name = Errors, WorkflowId = DemoFiles.Workflow().WorkflowId, HotRetention = "P7D" }, RevisionCondition.Absent, cancel);
        var reports = ledger.Tickets.Where(ticket => ticket.Value.Report is not null).OrderBy(ticket => ticket.Key, StringComparer.Ordinal).Take(Tickets).ToList();
        _accepted = await CreateAsync(reports[0], "wanted", cancel);
        _overdue = await CreateAsync(reports[1], "wanted", cancel);
        _stuck = await CreateAsync(reports[2], "grounded", cancel);

        List<string> reminding = [.. await AcceptAsync(cancel)];
        seen();
        var error = new Check("A ticket that no robot can move stays where it is, and its group gets an error ticket", await StuckAsync(cancel));
        seen();
        await ShortenAsync(workflow, cancel);
        var timeout = new Check("A lifetime that is made shorter reaches tickets that wait: one that nobody accepted is sent on, and its creator told", await TimeOutAsync(cancel));
        seen();
        reminding.AddRange(await LeftAloneAsync(cancel));
        return [new Check("The group is reminded of a ticket until a robot accepts it, and then no more", reminding), timeout, error];
    }

    private async Task<string> CreateAsync(KeyValuePair<string, Known> report, string status, CancellationToken cancel)
    {
        var flight = new JsonObject { ["airport"] = (string?)report.Value.Report!["Airport Name"], ["aircraft"] = (string?)report.Value.Report["Aircraft Make Model"] };
        var created = await client.CreateTicketAsync(
            new CreateTicketRequest
            {
                Nonce = await client.TakeNonceAsync(cancel),
                Queue = Queue,
                Status = status,
                ParentId = report.Key,
                Meta = new Dictionary<string, JsonElement> { ["flight"] = JsonSerializer.SerializeToElement(flight), ["created_by"] = JsonSerializer.SerializeToElement(Planner) },
            },
            cancel);
        return created.TicketId;
    }

    private async Task<IReadOnlyList<string>> AcceptAsync(CancellationToken cancel)
    {
        if (!await UntilAsync(async () => (await KindsAsync(Group, _accepted, cancel)).Contains("reminder"), cancel))
            return [$"nobody was reminded of ticket {_accepted}"];
        await client.AcceptTicketAsync(_accepted, Robot, Queue, cancel);
        var kinds = await KindsAsync(Group, _accepted, cancel);
        return kinds[0] == "acceptance_wanted" ? [] : [$"the first message about ticket {_accepted} was '{kinds[0]}'"];
    }

    private async Task<IReadOnlyList<string>> StuckAsync(CancellationToken cancel)
    {
        List<Ticket> found = [];
        var search = new FindTicketsRequest { Query = new TicketQuery { Queue = Errors, ParentId = _stuck } };
        if (!await UntilAsync(async () => (found = await client.FindAllAsync(search, cancel).ToListAsync(cancel)).Count > 0, cancel))
            return [$"there is no error ticket about ticket {_stuck}"];
        List<string> faults = [];
        var about = found[0];
        if (found.Count > 1) faults.Add($"there are {found.Count} error tickets about ticket {_stuck}");
        if (about.Group != Group) faults.Add($"error ticket {about.TicketId} is for group {about.Group}");
        if (about.Meta?.GetValueOrDefault("lifecycle_error")?.Data.GetProperty("ticket_id").GetString() != _stuck) faults.Add($"error ticket {about.TicketId} does not say which ticket it is about");
        if (await StatusAsync(_stuck, cancel) is not "grounded" and var status) faults.Add($"ticket {_stuck} is {status}");
        if (!await UntilAsync(async () => (await ReadAsync(Group, cancel)).Any(message => message.Kind == "error_ticket" && message.Body.GetProperty("error_ticket_id").GetString() == about.TicketId), cancel))
            faults.Add($"the group was not told of error ticket {about.TicketId}");
        return faults;
    }

    private Task<Workflow> ShortenAsync(Workflow workflow, CancellationToken cancel)
    {
        var statuses = workflow.Statuses.ToDictionary(status => status.Key, status => status.Key == "wanted" ? status.Value with { Lifetime = "PT1S" } : status.Value);
        return client.PutWorkflowAsync(workflow with { Statuses = statuses, Revision = null }, RevisionCondition.Is(workflow.Revision!.Value), cancel);
    }

    private async Task<IReadOnlyList<string>> TimeOutAsync(CancellationToken cancel)
    {
        if (!await UntilAsync(async () => await StatusAsync(_overdue, cancel) == "overdue", cancel))
            return [$"ticket {_overdue} is still {await StatusAsync(_overdue, cancel)}"];
        return await UntilAsync(async () => (await KindsAsync(Planner, _overdue, cancel)).Contains("timed_out"), cancel) ? [] : [$"{Planner} was not told that ticket {_overdue} has timed out"];
    }

    /// <summary>By now the other one has run out of its time, and been reminded of once more or oftener.</summary>
    private async Task<IReadOnlyList<string>> LeftAloneAsync(CancellationToken cancel)
    {
        List<string> faults = [];
        var ticket = await client.GetTicketAsync(_accepted, Queue, cancel: cancel);
        if ((ticket.Status, ticket.AcceptedBy) != ("wanted", Robot)) faults.Add($"ticket {_accepted} is {ticket.Status}, accepted by {ticket.AcceptedBy ?? "nobody"}");
        // One that was on its way when the robot accepted may still have come.
        var late = (await ReadAsync(Group, cancel)).Count(message => message.TicketId == _accepted && message.Kind == "reminder" && message.At > ticket.UpdatedAt);
        if (late > 1) faults.Add($"the group was reminded of ticket {_accepted} {late} times after it was accepted");
        if ((await KindsAsync(Planner, _accepted, cancel)).Contains("timed_out")) faults.Add($"ticket {_accepted} was accepted and timed out all the same");
        return faults;
    }

    private async Task<string?> StatusAsync(string ticketId, CancellationToken cancel) => (await client.GetTicketAsync(ticketId, Queue, ["status"], cancel)).Status;

    private async Task<IReadOnlyList<string>> KindsAsync(string recipient, string ticketId, CancellationToken cancel) =>
        [.. (await ReadAsync(recipient, cancel)).Where(message => message.TicketId == ticketId).Select(message => message.Kind)];

    private async Task<IReadOnlyList<Notification>> ReadAsync(string recipient, CancellationToken cancel)
    {
        var answer = await client.SendAsync(new TicketsRequest(HttpMethod.Get, $"/notifications?recipient={Uri.EscapeDataString(recipient)}&limit=1000"), cancel);
        if (!answer.IsSuccess) throw new DemoFailedException($"Notifications were answered {answer.Status}: {answer.ReadProblem()?.Detail}");
        return JsonSerializer.Deserialize(answer.Body.Span, TicketsJson.Default.NotificationPage)!.Notifications;
    }

    private async Task<bool> UntilAsync(Func<Task<bool>> isSo, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        while (!await isSo())
        {
            if (time.GetElapsedTime(began) > Patience) return false;
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancel);
        }

        return true;
    }
}
