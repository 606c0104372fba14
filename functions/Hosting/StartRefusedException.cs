namespace Tickets.Functions.Hosting;

/// <summary>The app must not serve as it is set up, and waiting would not change that: the process ends.</summary>
internal sealed class StartRefusedException(string message) : Exception(message);
