using System.Text.Json;
using System.Text.Json.Nodes;
using Tickets.Client;
using Tickets.Contracts;

namespace Tickets.Local.Demo;

/// <summary>Does on purpose what robots do by accident, and looks at how the service takes it. Leaves one ticket in <c>reported</c>.</summary>
internal sealed class RefusalChecks(TicketsClient client, string queue, Ledger ledger)
{
    public async Task<IReadOnlyList<Check>> RunAsync(CancellationToken cancel)
    {
        var nonce = await client.TakeNonceAsync(cancel);
        var create = Create(nonce, "Bird seen near the runway");
        var first = await SendAsync(create, cancel);
        var again = await SendAsync(create, cancel);
        var other = await SendAsync(Create(nonce, "Something else altogether"), cancel);
        if (!first.IsSuccess) return [new Check("A create is answered", [Text(first)])];

        var ticketId = JsonElement.Parse(first.Body.Span).GetProperty("ticket_id").GetString()!;
        ledger.Created(ticketId, new Known("reported", 1, Report: null));
        var conflicting = await SendAsync(Update(ticketId, """{"expected": {"ticket.version": 99, "ticket.status": "closed"}, "set": {"group": "hangar"}}"""), cancel);
        var impossible = await SendAsync(Update(ticketId, """{"set": {"status": "repaired"}}"""), cancel);

        return
        [
            new Check("A repeated create gets the first answer again", Body(again) == Body(first) && again.Status == first.Status ? [] : [Text(again)]),
            Refused("The same nonce with other content is refused", other, ProblemCodes.InvalidNonce, _ => true),
            Refused("A conflicting update is refused with every unmet condition", conflicting, ProblemCodes.UnmetConditions,
                problem => problem.Unmet is { } unmet && unmet.Select(u => u.Condition).Order().SequenceEqual(["ticket.status", "ticket.version"])),
            Refused("An impossible transition is refused with those that are possible", impossible, ProblemCodes.TransitionNotAllowed,
                problem => problem is { From: "reported", To: "repaired", Allowed: { } allowed } && allowed.Order().SequenceEqual(["closed", "triaged"])),
        ];
    }

    /// <summary>Once and as it is: the answer itself is what is looked at.</summary>
    private Task<TicketsResponse> SendAsync(TicketsRequest request, CancellationToken cancel) => client.SendAsync(request with { Repeat = false }, cancel);

    private TicketsRequest Create(string nonce, string text) => new(HttpMethod.Post, "/tickets")
    {
        Body = JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["nonce"] = nonce, ["queue"] = queue, ["meta"] = new JsonObject { ["note"] = new JsonObject { ["text"] = text } } }),
    };

    private static TicketsRequest Update(string ticketId, string body) => new(HttpMethod.Patch, $"/tickets/{ticketId}") { Body = System.Text.Encoding.UTF8.GetBytes(body) };

    private static Check Refused(string name, TicketsResponse answer, string code, Func<Problem, bool> details) =>
        new(name, answer.Status == 409 && answer.ReadProblem() is { } problem && problem.Code == code && details(problem) ? [] : [Text(answer)]);

    private static string Text(TicketsResponse answer) => $"the answer was {answer.Status}: {Body(answer)}";

    private static string Body(TicketsResponse answer) => System.Text.Encoding.UTF8.GetString(answer.Body.Span);
}
