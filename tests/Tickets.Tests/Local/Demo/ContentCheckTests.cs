using System.Text.Json;
using System.Text.Json.Nodes;
using Tickets.Client.Import;
using Tickets.Contracts;
using Tickets.Local.Demo;

namespace Tickets.Tests.Local.Demo;

public sealed class ContentCheckTests
{
    private static readonly Dictionary<string, string> Row = new()
    {
        ["Airport Name"] = "DALLAS/FORT WORTH INTL ARPT", ["Aircraft Make Model"] = "B-737", ["Effect Amount of damage"] = "Minor", ["Flight Date"] = "1997-05-04",
        ["Aircraft Airline Operator"] = "SOUTHWEST", ["Origin State"] = "Texas", ["Phase of flight"] = "Climb", ["Wildlife Size"] = "Small", ["Wildlife Species"] = "Gull",
        ["Time of day"] = "Day", ["Cost Other"] = "5", ["Cost Repair"] = "7", ["Cost Total $"] = "12", ["Speed IAS in knots"] = "140",
    };

    private static readonly Dictionary<string, string> WithoutSpeed = new(Row) { ["Speed IAS in knots"] = "" };

    [Fact]
    public void A_ticket_as_the_import_makes_it_holds() => Assert.Empty(ContentCheck.Faults(KnownOf(Row), Imported(Row)));

    [Fact]
    public void An_empty_cell_is_a_field_that_is_not_there()
    {
        Assert.Empty(ContentCheck.Faults(KnownOf(WithoutSpeed), Imported(WithoutSpeed)));
        Assert.Equal(["ticket 9: speed is 140, not missing"], ContentCheck.Faults(KnownOf(WithoutSpeed), Imported(Row)));
        Assert.Equal(["ticket 9: speed is missing, not 140"], ContentCheck.Faults(KnownOf(Row), Imported(WithoutSpeed)));
    }

    public static TheoryData<string> Columns => [.. Row.Keys];

    [Theory]
    [MemberData(nameof(Columns))]
    public void A_changed_value_is_found_in_any_column(string column)
    {
        // Still of its column's type.
        var changed = new Dictionary<string, string>(Row) { [column] = column == "Flight Date" ? "1997-05-05" : column.StartsWith("Cost", StringComparison.Ordinal) || column.StartsWith("Speed", StringComparison.Ordinal) ? "999" : "else" };
        Assert.NotEmpty(ContentCheck.Faults(KnownOf(Row), Imported(changed)));
    }

    [Fact]
    public void Another_status_resolution_or_version_than_acknowledged_is_found()
    {
        var ticket = Imported(Row) with { Status = "closed", Resolution = "fixed", Version = 4 };
        Assert.Equal(
            ["ticket 9: status is closed, not reported", "ticket 9: resolution is fixed, not missing", "ticket 9: version is 4, not 1"], ContentCheck.Faults(KnownOf(Row), ticket));
    }

    [Fact]
    public void A_repair_that_was_lost_is_found()
    {
        var known = KnownOf(Row) with { Status = "closed", Resolution = "fixed" };
        Assert.Equal(["ticket 9: repair.cost is missing, not 12"], ContentCheck.Faults(known, Imported(Row) with { Status = "closed", Resolution = "fixed" }));
    }

    private static Known KnownOf(Dictionary<string, string> row) => new("reported", 1, Json(row));

    private static JsonObject Json(Dictionary<string, string> row) => new(row.Select(cell => KeyValuePair.Create(cell.Key, (JsonNode?)cell.Value)));

    private static Ticket Imported(Dictionary<string, string> row)
    {
        var request = new ImportRowMapper(DemoFiles.Mapping()).Map(new ImportRow(2, Json(row))).Request!;
        return new Ticket
        {
            TicketId = "9",
            Status = "reported",
            Version = 1,
            CreatedAt = request.CreatedAt,
            IndexedMeta = request.IndexedMeta,
            Meta = request.Meta!.ToDictionary(block => block.Key, block => new MetaBlock(1, block.Value)),
        };
    }
}
