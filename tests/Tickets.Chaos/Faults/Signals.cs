using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Tickets.Chaos.Faults;

/// <summary>Signals to processes that this program has started.</summary>
internal static partial class Signals
{
    private const int Stop = 19;
    private const int Continue = 18;

    /// <summary>Freezes a process where it stands; its connections stay open.</summary>
    public static void Freeze(int pid) => Send(pid, Stop);

    public static void Thaw(int pid) => Send(pid, Continue);

    private static void Send(int pid, int signal)
    {
        if (Kill(pid, signal) < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
