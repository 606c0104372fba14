namespace Tickets.Chaos.Running;

/// <param name="Seed">Of all that is drawn by lot: the same one gives the same choices, though not the same timing.</param>
/// <param name="Minutes">Null: as long as the experiment usually takes.</param>
/// <param name="Bounded">Small, and figures of speed are told and not judged: for machines that do other things besides.</param>
/// <param name="Build">Whether tests that are run by name are built first.</param>
/// <param name="Only">One planted bug, in place of all.</param>
/// <param name="Output">The folder for histories and reports.</param>
internal sealed record RunOptions(int Seed, double? Minutes, bool Bounded, bool Build, string Output, string? Only = null);
