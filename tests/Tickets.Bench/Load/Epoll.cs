using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Tickets.Bench.Load;

/// <summary>
/// Waits on many sockets from one thread. The framework's asynchronous sockets hand each answer to another thread, which costs
/// more than the request itself and would compete with the server for the same cores. Linux on x64, like the local stack.
/// </summary>
internal sealed partial class Epoll : IDisposable
{
    private const int Add = 1;
    private const uint Readable = 1;
    private const int Interrupted = 4;

    private readonly int _handle;
    private readonly Event[] _events = new Event[128];

    public Epoll()
    {
        _handle = Create(0);
        if (_handle < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <param name="socket">The file descriptor.</param>
    /// <param name="number">Told by <see cref="Wait"/> when the socket can be read.</param>
    public void Watch(int socket, int number)
    {
        var wanted = new Event { Events = Readable, Number = number };
        if (Control(_handle, Add, socket, ref wanted) < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <param name="ready">Filled with the numbers of the sockets that can be read.</param>
    /// <returns>How many there are.</returns>
    public int Wait(Span<int> ready, int milliseconds)
    {
        var count = Wait(_handle, _events, Math.Min(_events.Length, ready.Length), milliseconds);
        if (count < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error == Interrupted ? 0 : throw new Win32Exception(error);
        }

        for (var i = 0; i < count; i++)
            ready[i] = _events[i].Number;
        return count;
    }

    public void Dispose() => _ = Close(_handle);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int handle, int operation, int socket, ref Event wanted);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int Wait(int handle, [Out] Event[] events, int count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int handle);

    /// <summary>Packed on x64, unlike on other architectures.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Event
    {
        public uint Events;
        public int Number;
        private readonly int _upperHalf;
    }
}
