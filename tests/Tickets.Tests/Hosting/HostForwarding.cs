using System.Net;
using Microsoft.AspNetCore.WebUtilities;

namespace Tickets.Tests.Hosting;

/// <summary>The two ways in which hosts pass public HTTP on.</summary>
internal enum ForwardingMode
{
    /// <summary>Older hosts rebuild the request: repeated query values are joined, content headers other than type and length are lost.</summary>
    Rebuild,

    /// <summary>Newer hosts proxy it as it is and add the marks of a proxy.</summary>
    Proxy,
}

/// <summary>Makes of a public request the one that the host sends to its handler.</summary>
internal sealed class HostForwarding(Func<IReadOnlyList<HostedFunction>> functions, Func<Uri> handler, ForwardingMode mode) : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
{
    public const string HostVersion = "4.1052.200";

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        var function = functions().FirstOrDefault(f => f.Matches(request.Method, Uri.UnescapeDataString(path)));
        if (function is null)
            return new HttpResponseMessage(HttpStatusCode.NotFound) { ReasonPhrase = "No function has this route" };
        if (!function.IsForwarded)
            throw new InvalidOperationException($"{function.Name} has more than an HTTP trigger and output: the host would not forward it.");

        using var forwarded = new HttpRequestMessage(request.Method, new Uri(handler(), path + (mode == ForwardingMode.Rebuild ? JoinedQuery(request.RequestUri.Query) : request.RequestUri.Query)));
        foreach (var (name, values) in request.Headers)
            forwarded.Headers.TryAddWithoutValidation(name, values);
        forwarded.Headers.Remove("Transfer-Encoding");
        await CopyBody(request, forwarded, cancellationToken);

        var invocation = Guid.NewGuid().ToString();
        if (mode == ForwardingMode.Rebuild)
        {
            forwarded.Headers.Host = request.RequestUri.Authority;
            forwarded.Headers.TryAddWithoutValidation("User-Agent", $"Azure-Functions-Host/{HostVersion}");
        }
        else
        {
            foreach (var mark in new[] { "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Azure-Functions-InvocationId" })
                forwarded.Headers.Remove(mark);
            forwarded.Headers.Add("X-Forwarded-For", "203.0.113.9");
            forwarded.Headers.Add("X-Forwarded-Host", request.RequestUri.Authority);
            forwarded.Headers.Add("X-Forwarded-Proto", "https");
            forwarded.Headers.Add("x-ms-invocation-id", invocation);
        }

        forwarded.Headers.TryAddWithoutValidation("X-Azure-Functions-HostVersion", HostVersion);
        forwarded.Headers.TryAddWithoutValidation("X-Azure-Functions-InvocationId", invocation);
        return await base.SendAsync(forwarded, cancellationToken);
    }

    private async Task CopyBody(HttpRequestMessage request, HttpRequestMessage forwarded, CancellationToken cancellation)
    {
        if (request.Content is null)
            return;

        var chunked = request.Headers.TransferEncodingChunked == true || request.Content.Headers.ContentLength is null;
        if (mode == ForwardingMode.Rebuild && chunked)
            throw new HttpRequestException("A host that rebuilds requests loses chunked bodies and fails.");

        var body = await request.Content.ReadAsByteArrayAsync(cancellation);
        if (mode == ForwardingMode.Rebuild && body.Length == 0)
            return;

        forwarded.Content = new ByteArrayContent(body);
        foreach (var (name, values) in request.Content.Headers)
        {
            if (mode == ForwardingMode.Proxy || name is "Content-Type")
                forwarded.Content.Headers.TryAddWithoutValidation(name, values);
        }

        forwarded.Headers.TransferEncodingChunked = mode == ForwardingMode.Proxy && chunked;
    }

    private static string JoinedQuery(string query) =>
        QueryHelpers.AddQueryString("", QueryHelpers.ParseQuery(query).Select(pair => KeyValuePair.Create(pair.Key, (string?)string.Join(',', pair.Value.ToArray()))));
}
