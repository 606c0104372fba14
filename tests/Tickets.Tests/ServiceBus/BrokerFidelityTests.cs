using Tickets.Local;

namespace Tickets.Tests.ServiceBus;

/// <summary>The local broker as the official SDK sees it: each case is a test of <c>broker-fidelity.mjs</c>.</summary>
public class BrokerFidelityTests(BrokerFidelityTests.Outcomes outcomes) : IClassFixture<BrokerFidelityTests.Outcomes>
{
    private static readonly string CaseFile = Repository.PathTo("tests", "Tickets.Tests", "ServiceBus", "broker-fidelity.mjs");

    public static TheoryData<string> Cases => [.. NodeTests.Cases(CaseFile)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void To_the_official_SDK(string theCase)
    {
        Assert.True(outcomes.Of.TryGetValue(theCase, out var failure), "It was not run.");
        Assert.True(failure is null, failure);
    }

    public sealed class Outcomes : IAsyncLifetime
    {
        internal IReadOnlyDictionary<string, string?> Of { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            await using var stack = await LocalStack.StartAsync(LocalStackOptions.ForTests() with { WithServiceBus = true, WithStorage = false });
            Of = await NodeTests.RunAsync(CaseFile, TimeSpan.FromSeconds(90), ("BROKER", stack.ServiceBus!.ConnectionString), ("MODULES", stack.ServiceBus.Modules));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
