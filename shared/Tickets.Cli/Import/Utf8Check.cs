using System.Text;
using Tickets.Client.Import;

namespace Tickets.Cli;

/// <summary>Reads a whole file before its first row is sent: one that is not UTF-8 would otherwise be altered, or refused halfway.</summary>
internal static class Utf8Check
{
    private const int ChunkBytes = 64 * 1024;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Returns with the file at its beginning.</summary>
    /// <exception cref="ImportFileException">It is not UTF-8; the message names the line.</exception>
    public static void Read(FileStream file, string path)
    {
        var decoder = Strict.GetDecoder();
        var bytes = new byte[ChunkBytes];
        var characters = new char[Strict.GetMaxCharCount(ChunkBytes)];
        var line = 1L;
        while (true)
        {
            var read = file.Read(bytes);
            try
            {
                decoder.GetChars(bytes.AsSpan(0, read), characters, flush: read == 0);
            }
            catch (DecoderFallbackException e)
            {
                // Counted from this chunk; below zero when the character began in the one before.
                var at = Math.Max(0, e.Index);
                line += bytes.AsSpan(0, Math.Min(at, read)).Count((byte)'\n');
                throw new ImportFileException($"{path}, line {line}: this is not UTF-8 (byte 0x{e.BytesUnknown?.FirstOrDefault():x2}). Convert the file first, such as with: iconv -f latin1 -t utf-8", e);
            }

            if (read == 0) break;
            line += bytes.AsSpan(0, read).Count((byte)'\n');
        }

        file.Position = 0;
    }
}
