using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Platform.Json;

namespace Tickets.Core.Workflows;

/// <summary>Reads the steps of a status (L4) with every fault.</summary>
internal static class WorkflowSteps
{
    private const int MostSteps = 20;
    private const string Children = "children";

    public static IReadOnlyList<WorkflowStep>? Read(ObjectReader status, List<ProblemError> errors, List<ProblemError> unknown)
    {
        if (status.List("steps", MostSteps) is not { } list)
            return null;
        var steps = new List<WorkflowStep>();
        foreach (var value in list.EnumerateArray())
        {
            var pointer = $"{status.PointerOf("steps")}/{steps.Count}";
            if (value.ValueKind != JsonValueKind.Object || value.GetPropertyCount() != 1)
                errors.Add(new ProblemError(pointer, "A step is an object with one of webhook, create, wait, until, until_closed and send_on."));
            steps.Add(value.ValueKind == JsonValueKind.Object ? ReadStep(new ObjectReader(value, pointer, errors), errors, unknown) : new WorkflowStep());
        }

        return steps;
    }

    private static WorkflowStep ReadStep(ObjectReader reader, List<ProblemError> errors, List<ProblemError> unknown)
    {
        var step = new WorkflowStep
        {
            Webhook = reader.Text("webhook", 2048),
            Create = ReadChild(reader, errors, unknown),
            Wait = reader.Text("wait"),
            Until = reader.Time("until"),
            UntilClosed = reader.Text("until_closed"),
            SendOn = reader.Flag("send_on"),
        };
        reader.Finish(unknown);
        if (step.Webhook is { } address && !(Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            reader.Fault("webhook", "Expected an http or https address.");
        if (step.Wait is { } wait && Durations.Fault(wait) is { } fault)
            reader.Fault("wait", fault);
        if (step.UntilClosed is { } closed && closed != Children && !Platform.TicketId.TryParse(closed, out _))
            reader.Fault("until_closed", "Expected 'children' or a ticket's id.");
        if (step.SendOn == false)
            reader.Fault("send_on", "A step that sends on says true.");
        return step;
    }

    private static ChildTicket? ReadChild(ObjectReader step, List<ProblemError> errors, List<ProblemError> unknown)
    {
        if (step.Any("create") is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Object)
        {
            step.Fault("create", "Expected an object with the queue of the new ticket.");
            return null;
        }

        var reader = new ObjectReader(value, step.PointerOf("create"), errors);
        var queue = reader.RequiredText("queue", 128);
        var group = reader.Text("group", Names.MaxGroupBytes);
        var meta = reader.Any("meta");
        reader.Finish(unknown);
        if (group is "")
            reader.Fault("group", "A group has a name; leave the member out for none.");
        if (meta is { ValueKind: not JsonValueKind.Object })
            reader.Fault("meta", "Expected an object of blocks.");
        else if (meta is { } template)
            CheckBlocks(reader, template, errors);
        return new ChildTicket(queue ?? "", group, meta is { ValueKind: JsonValueKind.Object } blocks
            ? blocks.EnumerateObject().ToDictionary(block => block.Name, block => block.Value.Clone(), StringComparer.Ordinal)
            : null);
    }

    /// <summary>What no ticket can be made with is told when the workflow is written, not when a ticket is stuck.</summary>
    private static void CheckBlocks(ObjectReader child, JsonElement template, List<ProblemError> errors)
    {
        var blocks = 0;
        foreach (var block in template.EnumerateObject())
        {
            blocks++;
            if (!Names.IsBlock(block.Name))
                errors.Add(new ProblemError($"{child.PointerOf("meta")}/{block.Name}", $"A block name is {Names.BlockRule}."));
        }

        if (blocks > Names.MaxBlocks)
            child.Fault("meta", $"A ticket is made with at most {Names.MaxBlocks} meta blocks.");
    }
}
