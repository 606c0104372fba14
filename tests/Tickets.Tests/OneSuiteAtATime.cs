using Tickets.Local;

namespace Tickets.Tests;

/// <summary>
/// Lets the test assemblies of a checkout run one after the other. <c>dotnet test</c> runs them beside one another once they are built, and each brings processes enough
/// for the whole machine: beside one another, what takes a second in one of them may take a minute.
/// </summary>
public sealed class OneSuiteAtATime : IAsyncLifetime
{
    private FileLock? _turn;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(LocalStackOptions.TestDirectories);
        _turn = await FileLock.TakeAsync(
            Path.Combine(LocalStackOptions.TestDirectories, "tests.lock"), () => Console.WriteLine("Waiting for another test assembly of this checkout."), TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _turn?.Dispose();
        return ValueTask.CompletedTask;
    }
}
