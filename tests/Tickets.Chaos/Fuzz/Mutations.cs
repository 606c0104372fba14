using System.Text;
using System.Text.Json.Nodes;

namespace Tickets.Chaos.Fuzz;

/// <summary>Spoils what was well formed, in structure or in bytes; the same for the same random numbers.</summary>
internal static class Mutations
{
    /// <summary>A document with one to three members or items changed, taken away, doubled or renamed; well-formed JSON for the most part.</summary>
    public static string Json(Random random, string document)
    {
        var root = JsonNode.Parse(document)!;
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var places = Places(root).ToList();
            if (places.Count > 0)
                Change(random, places[random.Next(places.Count)]);
        }

        return random.Next(8) == 0 ? Text(random, root.ToJsonString()) : root.ToJsonString();
    }

    /// <summary>Characters changed, taken away, doubled, or the end cut off.</summary>
    public static string Text(Random random, string text)
    {
        var changed = new StringBuilder(text);
        for (var n = random.Next(1, 5); n > 0 && changed.Length > 0; n--)
        {
            var at = random.Next(changed.Length);
            switch (random.Next(5))
            {
                case 0:
                    changed[at] = (char)random.Next(32, 127);
                    break;
                case 1:
                    changed.Remove(at, Math.Min(changed.Length - at, random.Next(1, 8)));
                    break;
                case 2:
                    changed.Insert(at, OddValues.Text(random));
                    break;
                case 3:
                    changed.Length = at;
                    break;
                default:
                    changed.Insert(at, changed.ToString(at, Math.Min(changed.Length - at, random.Next(1, 30))));
                    break;
            }
        }

        return changed.ToString();
    }

    public static byte[] Bytes(Random random, byte[] bytes)
    {
        var changed = bytes.ToList();
        for (var n = random.Next(1, 5); n > 0 && changed.Count > 0; n--)
        {
            var at = random.Next(changed.Count);
            switch (random.Next(5))
            {
                case 0:
                    changed[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    changed[at] = new byte[] { 0, 1, 0x7f, 0x80, 0xff }[random.Next(5)];
                    break;
                case 2:
                    changed.RemoveRange(at, Math.Min(changed.Count - at, random.Next(1, 40)));
                    break;
                case 3:
                    changed.InsertRange(at, changed.GetRange(at, Math.Min(changed.Count - at, random.Next(1, 40))));
                    break;
                default:
                    changed.RemoveRange(at, changed.Count - at);
                    break;
            }
        }

        return [.. changed];
    }

    private static IEnumerable<JsonNode> Places(JsonNode? node)
    {
        var inner = node switch
        {
            JsonObject members => members.Select(member => member.Value),
            JsonArray items => items,
            _ => [],
        };
        foreach (var each in inner)
        {
            if (each is not null)
                yield return each;
            foreach (var deeper in Places(each))
                yield return deeper;
        }
    }

    private static void Change(Random random, JsonNode place)
    {
        var odd = JsonNode.Parse(OddValues.Json(random));
        switch (place.Parent)
        {
            case JsonObject members:
                var name = place.GetPropertyName();
                switch (random.Next(4))
                {
                    case 0:
                        members.Remove(name);
                        break;
                    case 1:
                        members.Remove(name);
                        members[OddValues.Text(random)] = place;
                        break;
                    case 2:
                        members[OddValues.Text(random)] = place.DeepClone();
                        break;
                    default:
                        members[name] = odd;
                        break;
                }

                break;
            case JsonArray items:
                var at = place.GetElementIndex();
                switch (random.Next(3))
                {
                    case 0:
                        items.RemoveAt(at);
                        break;
                    case 1:
                        items.Insert(at, place.DeepClone());
                        break;
                    default:
                        items[at] = odd;
                        break;
                }

                break;
        }
    }
}
