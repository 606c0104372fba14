using System.Data;
using System.Net.Sockets;
using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Tests.Platform;

public class ConnectionLossTests
{
    [Fact]
    public async Task What_Npgsql_throws_when_nobody_answers_is_a_loss()
    {
        await using var nobody = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=x;Password=x;Timeout=2");

        var fault = await Assert.ThrowsAnyAsync<Exception>(async () => await nobody.OpenConnectionAsync(TestContext.Current.CancellationToken));

        Assert.True(ConnectionLoss.Is(fault, null));
    }

    [Fact]
    public async Task What_Npgsql_throws_for_a_session_that_is_no_longer_open_is_a_loss()
    {
        await using var closed = new NpgsqlConnection("Host=127.0.0.1");
        await using var command = new NpgsqlCommand("select 1", closed);

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => command.ExecuteScalarAsync(TestContext.Current.CancellationToken));

        Assert.True(ConnectionLoss.Is(fault, closed.State));
        Assert.False(ConnectionLoss.Is(fault, ConnectionState.Open));
        Assert.False(ConnectionLoss.Is(fault, null));
    }

    [Fact]
    public void A_bug_is_no_loss()
    {
        foreach (var bug in new Exception[] { new InvalidOperationException("No rule."), new KeyNotFoundException(), new OperationCanceledException() })
            Assert.False(ConnectionLoss.Is(bug, ConnectionState.Open), bug.GetType().Name);
        Assert.True(ConnectionLoss.Is(new NpgsqlException("", new SocketException()), ConnectionState.Open));
    }
}
