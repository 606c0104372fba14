using System.IO.Compression;
using Microsoft.Net.Http.Headers;

namespace Tickets.Functions.Oplog;

/// <summary>Pages of the change log repeat themselves and become a tenth of their size; most other answers are too small to gain.</summary>
internal static class CompressedAnswers
{
    private const int WorthIt = 1_400;

    public static async Task AnswerCompressible(this HttpContext context, ReadOnlyMemory<byte> body, string contentType)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = contentType;
        response.Headers.Vary = "Accept, Accept-Encoding";
        if (body.Length >= WorthIt && TakesGzip(context.Request))
        {
            response.Headers.ContentEncoding = "gzip";
            body = Compress(body);
        }

        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>What names gzip counts before what names everything (RFC 9110, 12.5.3); a weight of 0 refuses, and gzip must not be less welcome than what is sent without it.</summary>
    private static bool TakesGzip(HttpRequest request)
    {
        if (request.Headers.AcceptEncoding.Count == 0 || !StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var codings))
            return false;
        var gzip = Weight("gzip") ?? Weight("x-gzip") ?? Weight("*") ?? 0;
        return gzip > 0 && gzip >= (Weight("identity") ?? 0);

        double? Weight(string name) => codings.FirstOrDefault(coding => coding.Value.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } named ? named.Quality ?? 1 : null;
    }

    private static ReadOnlyMemory<byte> Compress(ReadOnlyMemory<byte> body)
    {
        var compressed = new MemoryStream(body.Length / 4);
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(body.Span);
        return compressed.GetBuffer().AsMemory(0, (int)compressed.Length);
    }
}
