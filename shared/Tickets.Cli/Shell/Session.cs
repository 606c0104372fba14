using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

/// <summary>A conversation with one service: what is asked and how it is answered goes to standard error.</summary>
internal sealed class Session : IDisposable
{
    private Session(ITerminal terminal, TicketsClient client, AnswerWriter answers) => (Terminal, Client, Answers) = (terminal, client, answers);

    public ITerminal Terminal { get; }

    public TicketsClient Client { get; }

    public AnswerWriter Answers { get; }

    public static Session Open(Shell shell, GlobalOptions global, ParseResult parsed, TimeSpan retryFor)
    {
        var target = Target.Resolve(shell, parsed.GetValue(global.Environment), parsed.GetValue(global.Host), parsed.GetValue(global.Key));
        var client = new TicketsClient(new TicketsClientOptions
        {
            Address = target.Address,
            Key = target.Key,
            RetryFor = retryFor,
            Retrying = new OutageNotices(shell.Terminal.Error, TimeProvider.System).Retrying,
        });
        return new Session(shell.Terminal, client, new AnswerWriter(shell.Terminal, parsed.GetValue(global.Output)));
    }

    /// <summary>Shows what is asked, for requests that the client makes itself.</summary>
    public void Say(HttpMethod method, string route) => Terminal.Error.WriteLine($"{method} {Client.Address.AbsoluteUri}{route}");

    /// <summary>Shows the address and the HTTP code; the body is the caller's to show.</summary>
    public async Task<TicketsResponse> AskAsync(TicketsRequest request, CancellationToken cancel)
    {
        Terminal.Error.WriteLine($"{request.Method} {Client.AddressOf(request).AbsoluteUri}");
        var response = await Client.SendAsync(request, cancel);
        Terminal.Error.WriteLine($"{response.Status} {response.Reason}".TrimEnd());
        return response;
    }

    public void Dispose() => Client.Dispose();
}
