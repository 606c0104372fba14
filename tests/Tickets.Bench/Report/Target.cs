using System.Globalization;

namespace Tickets.Bench.Report;

/// <summary>What a figure should reach.</summary>
internal sealed record Target(string Operator, double Number)
{
    public static Target AtLeast(double number) => new(">=", number);

    public static Target AtMost(double number) => new("<=", number);

    public bool IsMetBy(double value) => Operator == ">=" ? value >= Number : value <= Number;

    public override string ToString() => Operator + Number.ToString("0.###", CultureInfo.InvariantCulture);
}
