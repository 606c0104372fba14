using System.Diagnostics;
using System.Text.Json;
using Tickets.Local;

namespace Tickets.Tests.Local.Demo;

public sealed class FirstRequestTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pasted_as_printed_it_creates_a_ticket_and_shows_it()
    {
        await using var stack = await LocalStack.StartAsync(LocalStackOptions.ForTests() with { WithApp = true }, Cancel);

        var answers = await PasteAsync(await FirstRequest.PrepareAsync(stack.Apps[0].Address, stack.DevelopmentKey!, Cancel));
        Assert.Equal(2, answers.Count);
        var created = answers[0].GetProperty("ticket_id").GetString();
        Assert.Equal([created], Ids(answers[1]));

        // A later start finds the queue there and prints the same.
        answers = await PasteAsync(await FirstRequest.PrepareAsync(stack.Apps[0].Address, stack.DevelopmentKey!, Cancel));
        Assert.Equal([created, answers[0].GetProperty("ticket_id").GetString()], Ids(answers[1]));
    }

    private static IEnumerable<string?> Ids(JsonElement found) => found.GetProperty("tickets").EnumerateArray().Select(ticket => ticket.GetProperty("ticket_id").GetString());

    private static async Task<IReadOnlyList<JsonElement>> PasteAsync(string text)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        await shell.StandardInput.WriteAsync(text + "\n");
        shell.StandardInput.Close();
        var (output, errors) = (shell.StandardOutput.ReadToEndAsync(Cancel), shell.StandardError.ReadToEndAsync(Cancel));
        await shell.WaitForExitAsync(Cancel);
        Assert.Equal("", await errors);
        return [.. (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];
    }
}
