using System.Text.Json.Nodes;

namespace Tickets.Cli;

/// <summary>What one look at an environment has found.</summary>
/// <param name="Verdict"><c>ok</c>, <c>warning</c>, <c>fault</c>, or <c>skipped</c> when it could not be looked at.</param>
/// <param name="Advice">What to do; empty when nothing is to be done.</param>
internal sealed record Diagnosis(string Check, string Verdict, string Finding, string Advice = "")
{
    public static Diagnosis Ok(string check, string finding) => new(check, "ok", finding);

    public static Diagnosis Warning(string check, string finding, string advice) => new(check, "warning", finding, advice);

    public static Diagnosis Fault(string check, string finding, string advice) => new(check, "fault", finding, advice);

    public static Diagnosis Skipped(string check, string why) => new(check, "skipped", why);

    public JsonObject ToJson() => new() { ["check"] = Check, ["verdict"] = Verdict, ["finding"] = Finding, ["advice"] = Advice };
}
