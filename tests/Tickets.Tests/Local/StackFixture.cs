using Tickets.Local;

namespace Tickets.Tests.Local;

/// <summary>One stack for the tests that only look at it.</summary>
public sealed class StackFixture : IAsyncLifetime
{
    public LocalStack Stack { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Stack = await LocalStack.StartAsync(LocalStackOptions.ForTests());

    public async ValueTask DisposeAsync() => await Stack.DisposeAsync();
}
