using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Rules;
using Tickets.Core.Workflows;

namespace Tickets.Core.Ticketing.Requests;

/// <summary>Reads the body of <c>PATCH /tickets/{id}</c>, with every fault it has.</summary>
internal sealed class UpdateTicketReader
{
    private const string MetaPrefix = "meta.";
    private const string IndexedPrefix = "indexed_meta.";

    private readonly QueueSettings queue;
    private readonly SettingsSnapshot settings;
    private readonly List<ProblemError> errors = [];
    private readonly List<ProblemError> unknown = [];
    private readonly List<Expectation> expected = [];
    private readonly List<MetaWrite> setMeta = [];
    private readonly List<string> unsetMeta = [];
    private readonly List<FieldWrite> indexed = [];
    private readonly List<string> leftFields = [];
    private string? status;
    private string? resolution;
    private string? group;
    private bool unsetResolution;
    private bool unsetGroup;
    private QueueSettings? moveTo;

    private UpdateTicketReader(QueueSettings queue, SettingsSnapshot settings) => (this.queue, this.settings) = (queue, settings);

    /// <summary>The queue whose workflow judges the new fields.</summary>
    private QueueSettings Target => moveTo ?? queue;

    public static Result<UpdateTicket> Read(JsonElement body, QueueSettings queue, long ticketId, SettingsSnapshot settings) =>
        new UpdateTicketReader(queue, settings).Read(body, ticketId);

    private Result<UpdateTicket> Read(JsonElement body, long ticketId)
    {
        var reader = new ObjectReader(body, "", errors);
        _ = reader.Text("queue");
        _ = reader.Text("ticket_id");
        var set = reader.Object("set");
        ReadExpected(reader.Object("expected"));
        ReadMove(set);
        ReadSet(set);
        ReadUnset(reader.Texts("unset", 100));
        reader.Finish(unknown);
        CheckContradictions();
        if (unknown.Count > 0)
            return Problems.UnknownMembers(unknown);
        if (errors.Count > 0)
            return Problems.Invalid(errors);

        return new UpdateTicket(queue, ticketId)
        {
            Expected = expected,
            Status = status,
            Resolution = resolution,
            UnsetResolution = unsetResolution,
            Group = group,
            UnsetGroup = unsetGroup,
            MoveTo = moveTo == queue ? null : moveTo,
            SetMeta = setMeta,
            UnsetMeta = unsetMeta,
            Indexed = indexed,
            UnsetForMove = leftFields,
        };
    }

    private void ReadExpected(ObjectReader? conditions)
    {
        if (conditions is null)
            return;
        foreach (var condition in conditions.Source.EnumerateObject())
        {
            var pointer = conditions.PointerOf(condition.Name);
            switch (condition.Name)
            {
                case "ticket.version" when condition.Value.ValueKind == JsonValueKind.Number && condition.Value.TryGetInt64(out var version):
                    expected.Add(new ExpectedVersion(version));
                    break;
                case "ticket.version":
                    errors.Add(new ProblemError(pointer, "Expected a whole number."));
                    break;
                case "ticket.status" when TextValue.Read(condition.Value, 256, out _) is { } name:
                    expected.Add(new ExpectedStatus(name));
                    break;
                case "ticket.status":
                    errors.Add(new ProblemError(pointer, "Expected a status."));
                    break;
                case "ticket.resolution" when condition.Value.ValueKind == JsonValueKind.Null:
                    expected.Add(new ExpectedResolution(null));
                    break;
                case "ticket.resolution" when TextValue.Read(condition.Value, 256, out _) is { } name:
                    expected.Add(new ExpectedResolution(name));
                    break;
                case "ticket.resolution":
                    errors.Add(new ProblemError(pointer, "Expected a resolution or null."));
                    break;
                case var name when name.StartsWith(MetaPrefix, StringComparison.Ordinal):
                    ReadExpectedBlock(name[MetaPrefix.Length..], condition.Value, pointer);
                    break;
                default:
                    unknown.Add(new ProblemError(pointer, "Conditions are ticket.version, ticket.status, ticket.resolution and meta.BLOCK."));
                    break;
            }
        }
    }

    private void ReadExpectedBlock(string block, JsonElement value, string pointer)
    {
        if (!Names.IsBlock(block))
            errors.Add(new ProblemError(pointer, $"A block name is {Names.BlockRule}."));
        if (value.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new ProblemError(pointer, "Expected {\"version\": n} or {\"exists\": true|false}."));
            return;
        }

        var reader = new ObjectReader(value, pointer, errors);
        var version = reader.Integer("version", 0, int.MaxValue);
        var exists = reader.Flag("exists");
        reader.Finish(unknown);
        if (version is null && exists is null)
            errors.Add(new ProblemError(pointer, "Expected {\"version\": n} or {\"exists\": true|false}."));
        expected.Add(new ExpectedBlock(block, version, exists));
    }

    private void ReadMove(ObjectReader? set)
    {
        if (set?.Text("queue") is not { } name)
            return;
        if (settings.Queues.TryGetValue(name, out var target))
            moveTo = target;
        else
            set.Fault("queue", $"There is no queue '{name}'.");
    }

    private void ReadSet(ObjectReader? set)
    {
        if (set is null)
            return;
        status = set.Text("status");
        resolution = set.Text("resolution");
        group = TicketFields.Group(set, "group");
        if (status is not null && !Target.Workflow.Statuses.ContainsKey(status))
            set.Fault("status", $"Workflow '{Target.Workflow.Definition.WorkflowId}' has no status '{status}'; it has {string.Join(", ", Target.Workflow.Statuses.Keys)}.");
        if (resolution is not null && !Target.Workflow.Resolutions.Contains(resolution))
            set.Fault("resolution", $"Workflow '{Target.Workflow.Definition.WorkflowId}' has no resolution '{resolution}'.");

        foreach (var member in set.Source.EnumerateObject())
        {
            var pointer = set.PointerOf(member.Name);
            if (member.Name.StartsWith(MetaPrefix, StringComparison.Ordinal))
            {
                if (TicketFields.Block(member.Name[MetaPrefix.Length..], member.Value, pointer, errors) is { } write)
                    setMeta.Add(write);
            }
            else if (member.Name.StartsWith(IndexedPrefix, StringComparison.Ordinal))
            {
                if (TicketFields.Indexed(Target.Workflow, member.Name[IndexedPrefix.Length..], member.Value, pointer, errors) is { } write)
                    indexed.Add(write);
            }
            else if (member.Name is not ("status" or "resolution" or "group" or "queue"))
                unknown.Add(new ProblemError(pointer, "An update sets status, resolution, group, queue, meta.BLOCK and indexed_meta.FIELD."));
            else if (member.Value.ValueKind == JsonValueKind.Null)
                errors.Add(new ProblemError(pointer, "null sets nothing; list the name in unset to remove it."));
        }

        if (setMeta.Count > TicketFields.MaxBlocks)
            errors.Add(new ProblemError("/set", $"An update sets at most {TicketFields.MaxBlocks} meta blocks."));
    }

    private void ReadUnset(IReadOnlyList<string>? names)
    {
        for (var i = 0; i < (names?.Count ?? 0); i++)
        {
            var name = names![i];
            var pointer = $"/unset/{i}";
            if (name == "resolution")
                unsetResolution = true;
            else if (name == "group")
                unsetGroup = true;
            else if (name.StartsWith(MetaPrefix, StringComparison.Ordinal) && Names.IsBlock(name[MetaPrefix.Length..]))
                unsetMeta.Add(name[MetaPrefix.Length..]);
            else if (name.StartsWith(IndexedPrefix, StringComparison.Ordinal))
                UnsetField(name[IndexedPrefix.Length..], pointer);
            else
                errors.Add(new ProblemError(pointer, "An update unsets resolution, group, meta.BLOCK and indexed_meta.FIELD."));
        }
    }

    private void UnsetField(string name, string pointer)
    {
        // A ticket that moves may leave fields behind that only its old queue has.
        if (moveTo is not null && queue.Workflow.Fields.ContainsKey(name) && !moveTo.Workflow.Fields.ContainsKey(name))
            leftFields.Add(name);
        else if (TicketFields.Field(Target.Workflow, name, pointer, errors) is { } field)
            indexed.Add(new FieldWrite(field, null));
    }

    private void CheckContradictions()
    {
        if (unsetResolution && resolution is not null)
            errors.Add(new ProblemError("/unset", "resolution is both set and unset."));
        if (unsetGroup && group is not null)
            errors.Add(new ProblemError("/unset", "group is both set and unset."));
        foreach (var block in unsetMeta.Where(block => setMeta.Exists(meta => meta.Block == block)))
            errors.Add(new ProblemError("/unset", $"meta.{block} is both set and unset."));
        foreach (var field in indexed.GroupBy(write => write.Field.Name, StringComparer.Ordinal).Where(writes => writes.Count() > 1))
            errors.Add(new ProblemError("/unset", $"indexed_meta.{field.Key} is both set and unset."));
    }
}
