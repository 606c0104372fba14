namespace Tickets.Functions.Health;

/// <summary>Asks every dependency at the same time, and none for longer than two seconds.</summary>
internal sealed class DependencyChecks(IEnumerable<HealthCheck> checks, TimeProvider time, ILogger<DependencyChecks> logger)
{
    private const string Ok = "ok";
    private const string Failing = "failing";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly HealthCheck[] _checks = [.. checks];

    public async Task<ReadyAnswer> Run(CancellationToken cancellation)
    {
        var answers = await Task.WhenAll(_checks.Select(check => Run(check, cancellation)));
        var dependencies = _checks.Zip(answers).ToDictionary(pair => pair.First.Name, pair => pair.Second, StringComparer.Ordinal);
        return new ReadyAnswer(answers.All(a => a.Status == Ok) ? Ok : Failing, dependencies);
    }

    private async Task<DependencyAnswer> Run(HealthCheck check, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var from = time.GetTimestamp();
        string? reason;
        try
        {
            // A check that ignores its token is left behind; what it says later no longer matters.
            var task = check.Check(limit.Token);
            reason = await task.WaitAsync(Limit, time, cancellation);
        }
        catch (TimeoutException)
        {
            reason = $"no answer within {Limit.TotalSeconds} s";
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            // Its message may name hosts and users, and this route is open.
            logger.CheckFailed(exception, check.Name);
            reason = exception.GetType().Name;
        }

        await limit.CancelAsync();
        return new DependencyAnswer(reason is null ? Ok : Failing, reason, Math.Round(time.GetElapsedTime(from).TotalMilliseconds, 1));
    }
}
