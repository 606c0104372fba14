namespace Tickets.Bench.Load;

/// <param name="Apps">The connections are dealt out to them in turn.</param>
/// <param name="Connections">In all. Each has one request under way at most.</param>
/// <param name="WarmUp">Before what is measured; what happens in it is not counted.</param>
/// <param name="RatePerSecond">
/// Null is a closed loop: each connection sends as soon as it has its answer. A rate is an open loop: requests are due at even
/// intervals whatever the server does, and their latency counts from when they were due, so a server that stalls is charged
/// for all that it delayed.
/// </param>
internal sealed record LoadPlan(IReadOnlyList<Uri> Apps, int Connections, TimeSpan WarmUp, TimeSpan Duration, double? RatePerSecond = null);
