namespace Tickets.Core.Ticketing.Writing;

/// <summary>Rows turned into the arrays that one statement takes them as.</summary>
internal static class Columns
{
    public static T[] Of<TRow, T>(List<TRow> rows, Func<TRow, T> value)
    {
        var column = new T[rows.Count];
        for (var i = 0; i < column.Length; i++)
            column[i] = value(rows[i]);
        return column;
    }
}
