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

    private static Dictionary<string, Profile> Parse(string _path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(_path), ProfileJson.Default.DictionaryStringProfile) ?? [];
        }
        catch (JsonException e)
        {
            throw new UsageException($"{_path} cannot be read: {e.Message} It should look like {Example}.", e);
        }
    }
}
