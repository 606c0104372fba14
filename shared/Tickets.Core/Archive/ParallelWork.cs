namespace Tickets.Core.Archive;

internal static class ParallelWork
{
    /// <summary>The results in the order of the items.</summary>
    public static async Task<TResult[]> InParallelAsync<T, TResult>(
        this IReadOnlyList<T> items, int parallelism, Func<T, CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
    {
        var results = new TResult[items.Count];
        await Parallel.ForAsync(
            0, items.Count, new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellationToken },
            async (i, token) => results[i] = await work(items[i], token));
        return results;
    }
}
