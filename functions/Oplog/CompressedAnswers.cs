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

    private static bool TakesGzip(HttpRequest request) =>
        request.Headers.AcceptEncoding.Count > 0 && StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var codings)
            && codings.Any(coding => coding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && coding.Quality is not 0);

    private static ReadOnlyMemory<byte> Compress(ReadOnlyMemory<byte> body)
    {
        var compressed = new MemoryStream(body.Length / 4);
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(body.Span);
        return compressed.GetBuffer().AsMemory(0, (int)compressed.Length);
    }
}
