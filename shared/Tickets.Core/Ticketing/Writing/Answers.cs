using Tickets.Core.Platform;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>Tells callers their answers on the thread pool, some dozens in one go: to wake a thread for each costs more than the answer does.</summary>
internal static class Answers
{
    private const int InOneGo = 32;

    public static void Tell(IReadOnlyList<(PendingCommand Pending, Result<Written> Answer)> answers)
    {
        for (var from = 0; from < answers.Count; from += InOneGo)
            ThreadPool.UnsafeQueueUserWorkItem(new Some(answers, from), preferLocal: false);
    }

    private sealed class Some(IReadOnlyList<(PendingCommand Pending, Result<Written> Answer)> answers, int from) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            for (var i = from; i < Math.Min(from + InOneGo, answers.Count); i++)
                answers[i].Pending.Complete(answers[i].Answer);
        }
    }
}
