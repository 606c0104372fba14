using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;

namespace Tickets.Client.Transport;

/// <summary>Sends a request until there is an answer to give, within the time the options allow.</summary>
internal sealed class RetryingTransport(HttpClient http, Uri address, TicketsClientOptions options)
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(40);

    private readonly TimeSpan _retryFor = options.RetryFor == Timeout.InfiniteTimeSpan ? LongestTimer : options.RetryFor;

    public async Task<TicketsResponse> SendAsync(TicketsRequest request, CancellationToken cancel)
    {
        var started = options.Time.GetTimestamp();
        var limit = _retryFor + request.HeldFor;
        var mayHaveBeenDone = false;
        for (var number = 1; ; number++)
        {
            var attempt = await TryOnceAsync(request, number, limit - options.Time.GetElapsedTime(started), cancel);
            mayHaveBeenDone |= attempt.MayHaveBeenDone;

            var delay = Backoff.Delay(number, attempt.Response?.RetryAfter, Random.Shared.NextDouble());
            if (!attempt.MayBeRepeated(request) || options.Time.GetElapsedTime(started) + delay >= limit)
                return attempt.Response ?? throw new TicketsUnreachableException(address, number, mayHaveBeenDone, attempt.Error!);

            options.Retrying?.Invoke(new RetryNotice(number, delay, attempt.Reason));
            await Task.Delay(delay, options.Time, cancel);
        }
    }

    /// <summary>The lines of a body that may be larger than memory, as they arrive. Opening is repeated like any call; once lines flow a break is the caller's.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadLinesAsync(TicketsRequest request, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var answer = await OpenAsync(request, cancel);
        await using var body = await answer.Content.ReadAsStreamAsync(cancel);
        var reader = PipeReader.Create(body);
        while (true)
        {
            var read = await ReadAsync(reader, cancel);
            var buffer = read.Buffer;
            while (buffer.PositionOf((byte)'\n') is { } end)
            {
                yield return buffer.Slice(0, end).ToArray();
                buffer = buffer.Slice(buffer.GetPosition(1, end));
            }

            if (read.IsCompleted)
            {
                if (!buffer.IsEmpty) yield return buffer.ToArray();
                yield break;
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private async Task<HttpResponseMessage> OpenAsync(TicketsRequest request, CancellationToken cancel)
    {
        var started = options.Time.GetTimestamp();
        for (var number = 1; ; number++)
        {
            HttpResponseMessage? answer = null;
            Attempt attempt;
            using var timer = new CancellationTokenSource(options.AttemptTimeout, options.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, timer.Token);
            try
            {
                using var message = Message(request);
                // The limit is for the beginning of the answer; the rest may take as long as it is.
                answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, either.Token);
                if (answer.IsSuccessStatusCode) return answer;
                var response = await ReadAsync(answer, either.Token);
                attempt = new Attempt(response, null, RetryRules.Judge(response));
            }
            catch (HttpRequestException e)
            {
                attempt = new Attempt(null, e, RetryRules.Judge(e));
            }
            catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
            {
                attempt = new Attempt(null, new TimeoutException($"no answer within {options.AttemptTimeout.TotalSeconds:0.#} s", e), Repeatability.WhenSafe);
            }

            answer?.Dispose();
            var delay = Backoff.Delay(number, attempt.Response?.RetryAfter, Random.Shared.NextDouble());
            if (!attempt.MayBeRepeated(request) || options.Time.GetElapsedTime(started) + delay >= _retryFor)
                throw attempt.Response is { } refused ? new TicketsProblemException(refused) : new TicketsUnreachableException(address, number, attempt.MayHaveBeenDone, attempt.Error!);
            options.Retrying?.Invoke(new RetryNotice(number, delay, attempt.Reason));
            await Task.Delay(delay, options.Time, cancel);
        }
    }

    private async Task<ReadResult> ReadAsync(PipeReader reader, CancellationToken cancel)
    {
        try
        {
            return await reader.ReadAsync(cancel);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new TicketsUnreachableException(address, 1, mayHaveBeenDone: false, e);
        }
    }

    private async Task<Attempt> TryOnceAsync(TicketsRequest request, int number, TimeSpan remaining, CancellationToken cancel)
    {
        var limit = AttemptLimit(request, number, remaining);
        using var timer = new CancellationTokenSource(limit, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, timer.Token);
        try
        {
            using var message = Message(request);
            using var answer = await http.SendAsync(message, either.Token);
            var response = await ReadAsync(answer, either.Token);
            return new Attempt(response, null, RetryRules.Judge(response));
        }
        catch (HttpRequestException e)
        {
            return new Attempt(null, e, RetryRules.Judge(e));
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            return new Attempt(null, new TimeoutException($"no answer within {limit.TotalSeconds:0.#} s", e), Repeatability.WhenSafe);
        }
    }

    /// <summary>A call that cannot be repeated gets all the time there is: cutting it short would only leave its outcome unknown.</summary>
    private TimeSpan AttemptLimit(TicketsRequest request, int number, TimeSpan remaining)
    {
        var one = options.AttemptTimeout + request.HeldFor;
        if (number == 1 && remaining < one) return one;
        return request.SafeToRepeat && remaining > one ? one : remaining;
    }

    private HttpRequestMessage Message(TicketsRequest request)
    {
        var message = new HttpRequestMessage(request.Method, new Uri(address.AbsoluteUri + request.PathAndQuery))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (request.Body is { } body)
            message.Content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        if (request.IfMatch is { } revision) message.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{revision}\""));
        if (request.IfNoneMatch) message.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
        if (request.IdempotencyKey is { } key) message.Headers.Add("Idempotency-Key", key);
        return message;
    }

    private async Task<TicketsResponse> ReadAsync(HttpResponseMessage answer, CancellationToken cancel) => new()
    {
        Status = (int)answer.StatusCode,
        Reason = answer.ReasonPhrase ?? "",
        Body = await answer.Content.ReadAsByteArrayAsync(cancel),
        ContentType = answer.Content.Headers.ContentType?.MediaType,
        ETag = answer.Headers.ETag?.Tag.Trim('"'),
        RetryAfter = answer.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - options.Time.GetUtcNow(),
            _ => null,
        },
        TraceId = answer.Headers.TryGetValues("x-trace-id", out var trace) ? trace.First() : null,
    };
}
