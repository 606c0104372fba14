using System.Text;
using Tickets.Cli;

namespace Tickets.Tests.Cli;

/// <summary>Keeps what a command wrote, each stream by itself.</summary>
internal sealed class RecordedTerminal : ITerminal, IDisposable
{
    private readonly MemoryStream bytes = new();
    private readonly StringWriter error = new();

    public RecordedTerminal(string input = "")
    {
        In = new StringReader(input);
        Out = new StreamWriter(bytes, new UTF8Encoding(false)) { AutoFlush = true };
        Error = TextWriter.Synchronized(error);
    }

    public TextReader In { get; }

    public TextWriter Out { get; }

    public Stream OutBytes => bytes;

    public TextWriter Error { get; }

    public bool IsInteractive => false;

    public int Width => 120;

    public string Output => Encoding.UTF8.GetString(bytes.ToArray());

    public string Errors => error.ToString();

    public void Dispose()
    {
        Out.Dispose();
        Error.Dispose();
        In.Dispose();
        bytes.Dispose();
        error.Dispose();
    }
}
