namespace Tickets.Cli;

/// <summary>How answers are written to standard output.</summary>
internal enum OutputForm
{
    /// <summary>Indented JSON; streams of tickets and ops as one JSON document per line.</summary>
    Json,

    /// <summary>For reading.</summary>
    Table,

    /// <summary>The bytes of the body, as they came.</summary>
    Raw,
}
