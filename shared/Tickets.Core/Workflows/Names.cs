using System.Text.RegularExpressions;

namespace Tickets.Core.Workflows;

/// <summary>How statuses, fields, blocks, queues and workflows may be named. Names appear in paths, in conditions (<c>meta.BLOCK</c>) and in transitions (<c>closed+fixed</c>), so their alphabets leave those signs free.</summary>
internal static partial class Names
{
    public const string StatusRule = "1 to 64 letters, digits, '_' or '.', with '-' only inside";
    public const string FieldRule = "1 to 64 letters, digits or '_', not starting with a digit";
    public const string BlockRule = "1 to 64 letters, digits, '_', '-' or '.'";
    public const string PathRule = "1 to 128 letters, digits, '_', '-' or '.', in parts parted by '/'";

    /// <summary>Meta blocks of a ticket.</summary>
    public const int MaxBlocks = 32;
    public const int MaxGroupBytes = 128;

    public static bool IsStatus(string name) => Status().IsMatch(name);
    public static bool IsField(string name) => Field().IsMatch(name);
    public static bool IsBlock(string name) => Block().IsMatch(name);
    public static bool IsPath(string name) => name.Length <= 128 && Path().IsMatch(name);

    [GeneratedRegex(@"^(?=.{1,64}\z)[\p{L}\p{Nd}_.]+(-+[\p{L}\p{Nd}_.]+)*\z")]
    private static partial Regex Status();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]{0,63}\z")]
    private static partial Regex Field();

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,64}\z")]
    private static partial Regex Block();

    [GeneratedRegex(@"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*\z")]
    private static partial Regex Path();
}
