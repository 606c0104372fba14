using System.Text.Json;

namespace Tickets.Cli;

/// <summary>The profiles of <c>$TICKETS_PROFILES</c> or <c>~/.config/tickets/profiles.json</c>, and <c>local</c>, which is always there.</summary>
internal sealed class ProfileFile
{
    public const string PathVariable = "TICKETS_PROFILES";
    public const string Local = "local";
    public const string Example = """{"unstable": {"address": "https://tickets.example.org", "key": "tk_..."}}""";
    private const string LocalAddress = "http://127.0.0.1:7071";

    private readonly string _path;
    private readonly Dictionary<string, Profile> _profiles;

    private ProfileFile(string path, Dictionary<string, Profile> profiles) => (_path, _profiles) = (path, profiles);

    public static ProfileFile Read(Shell shell)
    {
        var place = shell.Variable(PathVariable) is { Length: > 0 } named ? named : Path.Combine(shell.Home, ".config", "tickets", "profiles.json");
        var known = File.Exists(place) ? Parse(place) : [];
        known.TryAdd(Local, new Profile { Address = LocalAddress });
        return new ProfileFile(place, known);
    }

    public Profile Find(string name) => _profiles.TryGetValue(name, out var profile)
        ? profile
        : throw new UsageException($"There is no environment '{name}' in {_path}; it has {string.Join(", ", _profiles.Keys.Order(StringComparer.Ordinal))}.");

    /// <summary>Either it is no JSON at all, or the profile with the fault is named.</summary>
    private static string Fault(string text, JsonException e)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return "it is not a JSON object of profiles.";
            var wrong = document.RootElement.EnumerateObject().FirstOrDefault(profile => !IsProfile(profile.Value));
            return wrong.Value.ValueKind == JsonValueKind.Undefined ? $"something at {JsonFault.Place(e)} does not belong there." : $"the profile '{wrong.Name}' must have an \"address\", may have a \"key\", both texts, and has nothing else.";
        }
        catch (JsonException syntax)
        {
            return $"it is not JSON: {JsonFault.Describe(syntax)}.";
        }
    }

    private static bool IsProfile(JsonElement profile) =>
        profile.ValueKind == JsonValueKind.Object && profile.TryGetProperty("address", out _)
        && profile.EnumerateObject().All(member => member.Name is "address" or "key" && member.Value.ValueKind == JsonValueKind.String);

    private static Dictionary<string, Profile> Parse(string _path)
    {
        var text = InputFile.ReadText(_path);
        try
        {
            return JsonSerializer.Deserialize(text, ProfileJson.Default.DictionaryStringProfile) ?? [];
        }
        catch (JsonException e)
        {
            throw new UsageException($"{_path} cannot be read: {Fault(text, e)} It should look like {Example}.", e);
        }
    }
}
