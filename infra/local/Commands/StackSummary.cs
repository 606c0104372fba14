namespace Tickets.Local.Commands;

/// <summary>Where everything is, and what to try first.</summary>
internal static class StackSummary
{
    public static void Print(LocalStack stack, string firstRequest)
    {
        // Not through Spectre, which would wrap lines that are meant to be copied.
        foreach (var app in stack.Apps)
            Console.WriteLine($"Tickets     {app.Address}");
        Console.WriteLine($"API docs    {new Uri(stack.Apps[0].Address, "/api/docs")}");
        Console.WriteLine($"Operations  {new Uri(stack.Apps[0].Address, "/api/ops")}");
        Console.WriteLine($"Settings    {stack.SettingsDatabase}");
        foreach (var (shard, connectionString) in stack.Shards)
            Console.WriteLine($"{shard,-10}  {connectionString}");
        Console.WriteLine($"Storage     {stack.StorageConnectionString}");
        Console.WriteLine($"Service Bus {stack.ServiceBusConnectionString}");
        Console.WriteLine($"Logs        {stack.LogDirectory}");
        Console.WriteLine($"API key     {stack.DevelopmentKey}");
        Console.WriteLine();
        Console.WriteLine("A first request, to paste into another terminal:");
        Console.WriteLine();
        Console.WriteLine(firstRequest);
        Console.WriteLine();
    }
}
