using System.Text;

namespace Tickets.Cli;

internal sealed class SystemTerminal : ITerminal, IDisposable
{
    private const int WidthOfFiles = 160;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public SystemTerminal()
    {
        OutBytes = Console.OpenStandardOutput();
        Out = new StreamWriter(OutBytes, Utf8) { AutoFlush = true };
        Error = new StreamWriter(Console.OpenStandardError(), Utf8) { AutoFlush = true };
        In = new StreamReader(Console.OpenStandardInput(), Utf8);
    }

    public TextReader In { get; }

    public TextWriter Out { get; }

    public Stream OutBytes { get; }

    public TextWriter Error { get; }

    public bool IsInteractive => !Console.IsErrorRedirected;

    public int Width => Console.IsOutputRedirected || Console.WindowWidth <= 0 ? WidthOfFiles : Console.WindowWidth;

    public void Dispose()
    {
        Out.Dispose();
        Error.Dispose();
        In.Dispose();
    }
}
