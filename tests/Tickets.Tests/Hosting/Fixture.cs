using System.Text.Json.Nodes;

namespace Tickets.Tests.Hosting;

/// <summary>Invocations as the Functions host serialises them; values are invented, shapes are exact.</summary>
internal static class Fixture
{
    public static string TimerMonitored => Compact("timer-monitored.json");
    public static string MessageBinary => Compact("servicebus-single-binary.json");
    public static string MessageText => Compact("servicebus-single-default.json");

    private static string Compact(string file) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Hosting", "fixtures", file)))!.ToJsonString();
}
