using System.Text;
using Tickets.Cli;

namespace Tickets.Tests.Cli;

/// <summary>Keeps what a command wrote, each stream by itself.</summary>
internal sealed class RecordedTerminal : ITerminal, IDisposable
{
    private readonly MemoryStream _bytes = new();
    private readonly StringWriter _error = new();

    public RecordedTerminal(string input = "")
    {
        In = new StringReader(input);
        Out = new StreamWriter(_bytes, new UTF8Encoding(false)) { AutoFlush = true };
        Error = TextWriter.Synchronized(_error);
    }

    public TextReader In { get; }

    public TextWriter Out { get; }

    public Stream OutBytes => _bytes;

    public TextWriter Error { get; }

    public bool IsInteractive => false;

    public int Width => 120;

    public string Output => Encoding.UTF8.GetString(_bytes.ToArray());

    public string Errors => _error.ToString();

    public void Dispose()
    {
        Out.Dispose();
        Error.Dispose();
        In.Dispose();
        _bytes.Dispose();
        _error.Dispose();
    }
}
