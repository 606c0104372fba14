using System.Buffers;
using System.Text.RegularExpressions;
using Quartz;

namespace Tickets.Functions.Hosting;

/// <summary>
/// When a timer runs: six NCRONTAB fields (seconds first, Sunday = 0), in UTC. The Functions host reads the text itself;
/// run alone, the same schedule is read by Quartz.
/// </summary>
internal sealed partial class TimerSchedule
{
    private static readonly SearchValues<char> NotInNcrontab = SearchValues.Create("?LW#H@%");

    private readonly CronExpression _cron;

    private TimerSchedule(string text, CronExpression cron) => (Text, _cron) = (text, cron);

    /// <summary>As declared, for <c>function.json</c>.</summary>
    public string Text { get; }

    /// <exception cref="FormatException">Not six fields, or something the two readers would understand differently.</exception>
    public static TimerSchedule Parse(string text)
    {
        var fields = text.Split(' ');
        if (fields.Length != 6)
            throw new FormatException($"'{text}' is not a schedule: it needs six fields (second minute hour day month weekday).");
        if (fields[..4].Any(f => f.AsSpan().ContainsAny(NotInNcrontab)) || !Weekdays().IsMatch(fields[5]))
            throw new FormatException($"'{text}' uses a sign that the Functions host does not know (weekdays are 0 to 6, Sunday is 0).");

        // The host runs when both hold, cron when either does.
        if (fields[3] != "*" && fields[5] != "*")
            throw new FormatException($"'{text}' restricts both the day of the month and the weekday.");

        // Quartz reads the five fields of crontab, weekday numbers included, into its own form, to which the seconds are put back.
        var withoutSeconds = CronExpression.Parse(string.Join(' ', fields[1..]), CronFormat.Unix).CronExpressionString;
        var cron = CronExpression.Parse(fields[0] + withoutSeconds[withoutSeconds.IndexOf(' ', StringComparison.Ordinal)..]);
        return new TimerSchedule(text, cron.WithTimeZone(TimeZoneInfo.Utc));
    }

    /// <summary>The first time after the given one, to the second.</summary>
    /// <exception cref="InvalidOperationException">There is none, as on a 30 February.</exception>
    public DateTimeOffset NextAfter(DateTimeOffset time) =>
        _cron.GetNextValidTimeAfter(time) ?? throw new InvalidOperationException($"'{Text}' never comes again.");

    public override string ToString() => Text;

    [GeneratedRegex(@"\A((^|,)(\*|([0-6]|SUN|MON|TUE|WED|THU|FRI|SAT)(-([0-6]|SUN|MON|TUE|WED|THU|FRI|SAT))?)(/[0-9])?)+\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Weekdays();
}
