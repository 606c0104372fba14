using System.Globalization;

namespace Tickets.Bench.Report;

/// <param name="Unit"><c>x</c> for ratios.</param>
internal sealed record Figure(string Name, double Value, string Unit, Target Target)
{
    public bool IsReached => Target.IsMetBy(Value);
}

/// <summary>Takes results as they come and prints each on a line of its own: figures have a target, infos explain them.</summary>
internal sealed class Sheet(TextWriter results, TextWriter progress)
{
    private readonly List<Figure> _figures = [];

    public IReadOnlyList<Figure> Figures => _figures;

    public void Figure(string name, double value, string unit, Target target)
    {
        var figure = new Figure(name, value, unit, target);
        _figures.Add(figure);
        results.WriteLine($"figure {name} {Number(value)} {unit} target {target} {(figure.IsReached ? "ok" : "short")}");
    }

    public void Info(string name, double value, string unit) => results.WriteLine($"info {name} {Number(value)} {unit}");

    /// <summary>A figure that cannot be measured; it is not counted as short.</summary>
    public void Skip(string name, string reason) => results.WriteLine($"skip {name}: {reason}");

    /// <summary>What is going on now, for who waits.</summary>
    public void Progress(string text) => progress.WriteLine($"{DateTime.Now:HH:mm:ss} {text}");

    /// <summary>With three digits that say something.</summary>
    public static string Number(double value) => Math.Abs(value) switch
    {
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };
}
