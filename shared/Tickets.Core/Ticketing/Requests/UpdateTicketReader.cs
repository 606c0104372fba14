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
    private const string MetaPrefix = UpdateTicketShape.MetaPrefix;
    private const string IndexedPrefix = UpdateTicketShape.IndexedPrefix;

    private readonly QueueSettings _queue;
    private readonly QueueSettings? _moveTo;
    private readonly List<ProblemError> _errors = [];
    private readonly List<Expectation> _expected = [];
    private readonly List<MetaWrite> _setMeta = [];
    private readonly List<string> _unsetMeta = [];
    private readonly List<FieldWrite> _indexed = [];
    private readonly List<string> _leftFields = [];
    private string? _status;
    private string? _resolution;
    private string? _group;
    private bool _unsetResolution;
    private bool _unsetGroup;

    private UpdateTicketReader(QueueSettings queue, QueueSettings? moveTo) => (_queue, _moveTo) = (queue, moveTo);

    /// <summary>The queue whose workflow judges the new fields.</summary>
    private QueueSettings Target => _moveTo ?? _queue;

    /// <param name="body">Has no <see cref="UpdateTicketShape.Strangers"/>.</param>
    /// <param name="queue">Where the ticket is.</param>
    /// <param name="moveTo">The queue that <see cref="UpdateTicketShape.MoveTo"/> names, which the caller reaches.</param>
    /// <param name="ticketId">The ticket.</param>
    public static Result<UpdateTicket> Read(JsonElement body, QueueSettings queue, QueueSettings? moveTo, long ticketId) =>
        new UpdateTicketReader(queue, moveTo).Read(body, ticketId);

    private Result<UpdateTicket> Read(JsonElement body, long ticketId)
    {
        var reader = new ObjectReader(body, "", _errors);
        _ = reader.Text("queue");
        ReadExpected(reader.Object("expected"));
        ReadSet(reader.Object("set"));
        ReadUnset(reader.Texts("unset", 100));
        CheckContradictions();
        if (_errors.Count > 0)
            return Problems.Invalid(_errors);

        return new UpdateTicket(_queue, ticketId)
        {
            Expected = _expected,
            Status = _status,
            Resolution = _resolution,
            UnsetResolution = _unsetResolution,
            Group = _group,
            UnsetGroup = _unsetGroup,
            MoveTo = _moveTo?.QueueId == _queue.QueueId ? null : _moveTo,
            SetMeta = _setMeta,
            UnsetMeta = _unsetMeta,
            Indexed = _indexed,
            UnsetForMove = _leftFields,
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
                    _expected.Add(new ExpectedVersion(version));
                    break;
                case "ticket.version":
                    _errors.Add(new ProblemError(pointer, "Expected a whole number."));
                    break;
                case "ticket.status" when TextValue.Read(condition.Value, 256, out _) is { } name:
                    _expected.Add(new ExpectedStatus(name));
                    break;
                case "ticket.status":
                    _errors.Add(new ProblemError(pointer, "Expected a status."));
                    break;
                case "ticket.resolution" when condition.Value.ValueKind == JsonValueKind.Null:
                    _expected.Add(new ExpectedResolution(null));
                    break;
                case "ticket.resolution" when TextValue.Read(condition.Value, 256, out _) is { } name:
                    _expected.Add(new ExpectedResolution(name));
                    break;
                case "ticket.resolution":
                    _errors.Add(new ProblemError(pointer, "Expected a resolution or null."));
                    break;
                case var name when name.StartsWith(MetaPrefix, StringComparison.Ordinal):
                    ReadExpectedBlock(name[MetaPrefix.Length..], condition.Value, pointer);
                    break;
            }
        }
    }

    private void ReadExpectedBlock(string block, JsonElement value, string pointer)
    {
        if (!Names.IsBlock(block))
            _errors.Add(new ProblemError(pointer, $"A block name is {Names.BlockRule}."));
        if (value.ValueKind != JsonValueKind.Object)
        {
            _errors.Add(new ProblemError(pointer, "Expected {\"version\": n} or {\"exists\": true|false}."));
            return;
        }

        var reader = new ObjectReader(value, pointer, _errors);
        var version = reader.Integer("version", 0, int.MaxValue);
        var exists = reader.Flag("exists");
        if (reader.Any("version") is null && reader.Any("exists") is null)
            _errors.Add(new ProblemError(pointer, "Expected {\"version\": n} or {\"exists\": true|false}."));
        if (version is not null && exists == false)
            _errors.Add(new ProblemError(pointer, "A block that does not exist has no version: this can never hold."));
        _expected.Add(new ExpectedBlock(block, version, exists));
    }

    private void ReadSet(ObjectReader? set)
    {
        if (set is null)
            return;
        _ = set.Text("queue");
        _status = set.Text("status");
        _resolution = set.Text("resolution");
        _group = TicketFields.Group(set, "group");
        if (_status is not null && !Target.Workflow.Statuses.ContainsKey(_status))
            set.Fault("status", $"Workflow '{Target.Workflow.Definition.WorkflowId}' has no status '{_status}'; it has {string.Join(", ", Target.Workflow.Statuses.Keys)}.");
        if (_resolution is not null && !Target.Workflow.Resolutions.Contains(_resolution))
            set.Fault("resolution", $"Workflow '{Target.Workflow.Definition.WorkflowId}' has no resolution '{_resolution}'.");

        foreach (var member in set.Source.EnumerateObject())
        {
            var pointer = set.PointerOf(member.Name);
            if (member.Name.StartsWith(MetaPrefix, StringComparison.Ordinal))
            {
                if (TicketFields.Block(member.Name[MetaPrefix.Length..], member.Value, pointer, _errors) is { } write)
                    _setMeta.Add(write);
            }
            else if (member.Name.StartsWith(IndexedPrefix, StringComparison.Ordinal))
            {
                if (TicketFields.Indexed(Target.Workflow, member.Name[IndexedPrefix.Length..], member.Value, pointer, _errors) is { } write)
                    _indexed.Add(write);
            }
            else if (member.Value.ValueKind == JsonValueKind.Null)
                _errors.Add(new ProblemError(pointer, "null sets nothing; list the name in unset to remove it."));
        }

        if (_setMeta.Count > TicketFields.MaxBlocks)
            _errors.Add(new ProblemError("/set", $"An update sets at most {TicketFields.MaxBlocks} meta blocks."));
    }

    private void ReadUnset(IReadOnlyList<string>? names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < (names?.Count ?? 0); i++)
        {
            var name = names![i];
            var pointer = $"/unset/{i}";
            if (!seen.Add(name))
                _errors.Add(new ProblemError(pointer, $"{name} is named twice."));
            else if (name == "resolution")
                _unsetResolution = true;
            else if (name == "group")
                _unsetGroup = true;
            else if (name.StartsWith(MetaPrefix, StringComparison.Ordinal) && Names.IsBlock(name[MetaPrefix.Length..]))
                _unsetMeta.Add(name[MetaPrefix.Length..]);
            else if (name.StartsWith(IndexedPrefix, StringComparison.Ordinal))
                UnsetField(name[IndexedPrefix.Length..], pointer);
            else
                _errors.Add(new ProblemError(pointer, "An update unsets resolution, group, meta.BLOCK and indexed_meta.FIELD."));
        }
    }

    private void UnsetField(string name, string pointer)
    {
        // A ticket that moves may leave fields behind that only its old queue has.
        if (_moveTo is not null && _queue.Workflow.Fields.ContainsKey(name) && !_moveTo.Workflow.Fields.ContainsKey(name))
            _leftFields.Add(name);
        else if (TicketFields.Field(Target.Workflow, name, pointer, _errors) is { } field)
            _indexed.Add(new FieldWrite(field, null));
    }

    private void CheckContradictions()
    {
        if (_unsetResolution && _resolution is not null)
            _errors.Add(new ProblemError("/unset", "resolution is both set and unset."));
        if (_unsetGroup && _group is not null)
            _errors.Add(new ProblemError("/unset", "group is both set and unset."));
        foreach (var block in _unsetMeta.Where(block => _setMeta.Exists(meta => meta.Block == block)))
            _errors.Add(new ProblemError("/unset", $"meta.{block} is both set and unset."));
        foreach (var field in _indexed.GroupBy(write => write.Field.Name, StringComparer.Ordinal).Where(writes => writes.Count() > 1))
            _errors.Add(new ProblemError("/unset", $"indexed_meta.{field.Key} is both set and unset."));
    }
}
