using System.Globalization;

namespace Tickets.Bench.Measure;

/// <summary>What <c>/proc</c> tells about a process.</summary>
internal static class ProcessTimes
{
    /// <summary>Linux counts processor time in hundredths of a second for user space, whatever its own clock.</summary>
    private const double TicksPerSecond = 100;

    /// <param name="Seconds">Processor time of the process and of those children that have ended and been waited for.</param>
    public sealed record Times(int Parent, double Seconds);

    /// <returns>Null when the process is gone.</returns>
    public static Times? Of(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            // Counted after the last ')': the program's name before it may hold anything.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return new Times(
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                fields[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture)) / TicksPerSecond);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public static IEnumerable<(int Pid, Times Times)> ChildrenOf(int parent) =>
        from folder in Directory.EnumerateDirectories("/proc")
        let pid = int.TryParse(Path.GetFileName(folder), out var number) ? number : 0
        where pid > 0
        let times = Of(pid)
        where times?.Parent == parent
        select (pid, times);

    /// <summary>Resident memory in MB.</summary>
    public static double ResidentMegabytes(int pid)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
    }

    /// <summary>Seconds that the machine's processors have been busy, all together.</summary>
    public static double MachineBusySeconds()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..].Select(field => long.Parse(field, CultureInfo.InvariantCulture)).ToList();
        // user, nice, system, idle, iowait, irq, softirq, steal; the guests' times are in the first two already.
        return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6] + fields[7]) / TicksPerSecond;
    }
}
