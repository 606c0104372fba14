using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tickets.Bench.Start;

/// <summary>A server started directly, with nothing between it and the clock.</summary>
internal sealed class ColdProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly int _port;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly byte[] _buffer = new byte[16 * 1024];

    private ColdProcess(Process process, int port) => (_process, _port) = (process, port);

    public int Pid => _process.Id;

    /// <param name="environment">All of it: nothing is inherited.</param>
    public static ColdProcess Start(string executable, IReadOnlyDictionary<string, string> environment, int port)
    {
        var process = new Process { StartInfo = new(executable) { WorkingDirectory = Path.GetDirectoryName(executable), RedirectStandardOutput = true, RedirectStandardError = true } };
        process.StartInfo.Environment.Clear();
        foreach (var (name, value) in environment)
            process.StartInfo.Environment[name] = value;
        // Read and dropped, so that a talkative start does not wait for a reader.
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        var cold = new ColdProcess(process, port);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return cold;
    }

    /// <summary>Sends the request until it is answered with 200.</summary>
    /// <returns>Milliseconds since the process was started.</returns>
    public async Task<double> FirstSuccessAsync(ReadOnlyMemory<byte> request)
    {
        var answer = "";
        while (!answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
        {
            if (_process.HasExited)
                throw new BenchException($"The app ended while starting (exit code {_process.ExitCode}).");
            if (Stopwatch.GetElapsedTime(_started) > Limit)
                throw new BenchException($"The app did not come up within {Limit.TotalSeconds:0} s; its last answer: {answer}");
            answer = await TryAsync(request);
        }

        return Stopwatch.GetElapsedTime(_started).TotalMilliseconds;
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task<string> TryAsync(ReadOnlyMemory<byte> request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, _port);
            await socket.SendAsync(request);
            return Encoding.ASCII.GetString(_buffer, 0, await socket.ReceiveAsync(_buffer));
        }
        catch (SocketException)
        {
            // Nobody listens yet. Asking more often would take processor time from the start itself.
            await Task.Delay(2);
            return "";
        }
    }
}
