namespace Tickets.Tests.Local;

internal static class RunningProcess
{
    /// <summary>A zombie, which only waits for its parent to take note, is not running.</summary>
    public static bool Is(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] != 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }
}
