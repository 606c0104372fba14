namespace Tickets.Cli;

/// <summary>The standard streams: data goes to <see cref="Out"/>, everything said about it to <see cref="Error"/>.</summary>
internal interface ITerminal
{
    TextReader In { get; }
    TextWriter Out { get; }

    /// <summary>Standard output as bytes, for bodies that must stay as they came.</summary>
    Stream OutBytes { get; }
    TextWriter Error { get; }

    /// <summary>A person is watching <see cref="Error"/>: progress may be drawn there.</summary>
    bool IsInteractive { get; }

    /// <summary>Columns to draw tables in.</summary>
    int Width { get; }
}
