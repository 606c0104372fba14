namespace Tickets.Core.Orchestration.Storage;

/// <summary>The right to write to an instance or a queued activity, until another takes it over.</summary>
internal readonly record struct Lease(string InstanceId, long Token);
