using Tickets.Contracts;
using Tickets.Core.Workflows;

namespace Tickets.Core.Ticketing.Reading;

/// <summary>Which members of a ticket a reader wants. Blocks not asked for are not read from the database.</summary>
internal sealed record Projection
{
    private const string MetaPrefix = "meta.";
    private static readonly string[] Members = ["ticket_id", "queue", "status", "resolution", "group", "accepted_by", "parent_id", "version", "created_at", "updated_at", "closed_at", "indexed_meta", "meta", "tier"];

    public static readonly Projection Everything = new() { AllMembers = true, AllBlocks = true };

    private HashSet<string> Named { get; init; } = [];
    private bool AllMembers { get; init; }
    public bool AllBlocks { get; private init; }

    /// <summary>Single blocks asked for; empty with <see cref="AllBlocks"/>.</summary>
    public IReadOnlyList<string> Blocks { get; private init; } = [];
    public bool AnyBlocks => AllBlocks || Blocks.Count > 0;

    public bool Has(string member) => AllMembers || Named.Contains(member);

    public bool HasBlock(string block) => AllBlocks || Blocks.Contains(block);

    /// <summary>Null asks for everything.</summary>
    public static Projection? Parse(IReadOnlyList<string>? names, string pointer, List<ProblemError> errors)
    {
        if (names is null)
            return Everything;
        var blocks = new List<string>();
        var members = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < names.Count; i++)
        {
            if (Members.Contains(names[i]))
                members.Add(names[i]);
            else if (names[i].StartsWith(MetaPrefix, StringComparison.Ordinal) && Names.IsBlock(names[i][MetaPrefix.Length..]))
                blocks.Add(names[i][MetaPrefix.Length..]);
            else
                errors.Add(new ProblemError($"{pointer}/{i}", $"'{(names[i].Length > 60 ? names[i][..60] : names[i])}' cannot be projected; possible are {string.Join(", ", Members)} and meta.BLOCK."));
        }

        if (names.Count == 0 && errors.Count == 0)
            errors.Add(new ProblemError(pointer, $"Name at least one member, or leave the projection out for all; possible are {string.Join(", ", Members)} and meta.BLOCK."));
        var all = members.Contains("meta");
        if (blocks.Count > 0)
            members.Add("meta");
        return errors.Count > 0 ? null : new Projection { Named = members, AllBlocks = all, Blocks = all ? [] : blocks };
    }
}
