namespace Tickets.Cli;

/// <summary>How the process ends, by class, so that scripts can tell what to do next.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Usage = 1;
    public const int Refused = 2;
    public const int NotFound = 3;
    public const int Conflict = 4;
    public const int Denied = 5;
    public const int Overloaded = 6;
    public const int ServerFailed = 7;
    public const int Unreachable = 8;
    public const int OperationFailed = 9;
    public const int Unwell = 10;
    public const int Interrupted = 130;

    public const string Explanation =
        """
        Exit codes:
          0    done
          1    the command, a file or a mapping is wrong; nothing was asked, or rows were left out
          2    refused by the server (4xx)
          3    not found (404)
          4    conflict: a condition does not hold (409, 412, 422)
          5    no permission: key missing, wrong or too weak (401, 403)
          6    overloaded or unavailable: try later (429, 503)
          7    the server failed (5xx)
          8    no answer
          9    a long operation failed or was cancelled
          10   tickets doctor found something wrong
          130  interrupted
        """;

    public static int Of(int status) => status switch
    {
        >= 200 and < 300 => Ok,
        404 => NotFound,
        409 or 412 or 422 => Conflict,
        401 or 403 => Denied,
        429 or 503 => Overloaded,
        >= 500 => ServerFailed,
        _ => Refused,
    };
}
