using FsCheck;
using FsCheck.Fluent;
using Tickets.Contracts;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Tests.Ticketing;

public class TransitionsTests
{
    private static readonly string[] Names = ["open", "doing", "doing2", "done", "gone"];
    private static readonly string?[] Resolutions = [null, "fixed", "lost"];

    /// <summary>Every allowed step of the sample workflow with each resolution that the ticket may have afterwards.</summary>
    private static readonly HashSet<(string From, string To, string? Resolution)> Allowed =
    [
        ("open", "doing", null), ("open", "doing", "fixed"), ("open", "doing", "lost"),
        ("open", "done", "fixed"),
        ("open", "gone", null),
        ("doing", "done", "fixed"), ("doing", "done", "lost"),
        ("doing", "open", null),
        ("doing", "doing2", "fixed"), ("doing", "doing2", "lost"),
        ("doing2", "done", "fixed"), ("doing2", "done", "lost"),
        ("done", "open", null),
        ("done", "gone", null), ("done", "gone", "fixed"), ("done", "gone", "lost"),
    ];

    [Fact]
    public void A_step_is_allowed_exactly_when_the_workflow_has_it_and_the_resolution_suits_both_the_step_and_the_status()
    {
        foreach (var from in Names)
        {
            foreach (var to in Names.Where(to => to != from))
            {
                foreach (var resolution in Resolutions)
                {
                    var refusal = Transitions.Refusal(Samples.Queue.Workflow, from, to, resolution, resolutionChanges: true);
                    Assert.True(Allowed.Contains((from, to, resolution)) == refusal is null, $"{from} to {to} with {resolution ?? "none"}: {refusal?.Detail}");
                    if (refusal is not null)
                        Assert.Equal((ProblemCodes.TransitionNotAllowed, from, to), (refusal.Code, refusal.From, refusal.To));
                }
            }
        }
    }

    [Fact]
    public void A_refusal_names_the_steps_as_the_workflow_writes_them()
    {
        Assert.Equal(["doing", "done+fixed", "gone-"], Transitions.Refusal(Samples.Queue.Workflow, "open", "doing2", null, false)!.Allowed);
        Assert.Equal(["done", "open-", "doing2+"], Transitions.Refusal(Samples.Queue.Workflow, "doing", "gone", null, false)!.Allowed);
    }

    [Fact]
    public void Staying_in_a_status_needs_no_step_but_a_changed_resolution_must_suit_it()
    {
        Assert.Null(Transitions.Refusal(Samples.Queue.Workflow, "open", "open", null, resolutionChanges: false));
        Assert.NotNull(Transitions.Refusal(Samples.Queue.Workflow, "done", "done", null, resolutionChanges: true));
        Assert.NotNull(Transitions.Refusal(Samples.Queue.Workflow, "done", "done", "invented", resolutionChanges: true));
        Assert.Null(Transitions.Refusal(Samples.Queue.Workflow, "done", "done", "lost", resolutionChanges: true));
        // What an older version of the workflow allowed stands until somebody changes it.
        Assert.Null(Transitions.Refusal(Samples.Queue.Workflow, "done", "done", "invented", resolutionChanges: false));
    }

    [Fact]
    public void A_status_that_the_workflow_lost_leads_nowhere()
    {
        var refusal = Transitions.Refusal(Samples.Queue.Workflow, "forgotten", "open", null, false)!;

        Assert.Empty(refusal.Allowed!);
    }

    [Fact]
    public void Whatever_is_asked_a_refusal_is_a_409_with_all_it_must_name() =>
        Prop.ForAll<string, string, string>((from, to, resolution) =>
        {
            var refusal = Transitions.Refusal(Samples.Queue.Workflow, from ?? "", to ?? "", resolution, true);
            return refusal is null || (refusal.Status == 409 && refusal.Allowed is not null && refusal.Detail!.Length > 0);
        }).QuickCheckThrowOnFailure();
}
