namespace Tickets.Cli;

/// <summary>What the process has around it.</summary>
/// <param name="Terminal">Its streams.</param>
/// <param name="Variable">Its environment variables.</param>
/// <param name="Home">The user's folder.</param>
internal sealed record Shell(ITerminal Terminal, Func<string, string?> Variable, string Home);
