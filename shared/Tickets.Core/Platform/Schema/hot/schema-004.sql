-- Tickets that crossed between the hot and the cold tier lately, a row for each part and removal. Written in the transaction that removes them from hot: so a
-- reader who misses a ticket here learns which cold index it must read anew, and a move that was cut off is settled by what really left (TierMoves.cs).
create table tier_moves (
    part        bigint not null,  -- the cold part's id, its bits as a signed number; 0 for tickets that came back or were erased
    queue       text collate "C" not null,
    first_id    bigint not null,
    last_id     bigint not null,
    revision    bigint not null,  -- of the queue's cold index that lists the part
    at          timestamptz not null,
    settled_at  timestamptz,      -- since when nobody has to be told any more but readers with an index from before
    ids         bigint[] not null
);
create index tier_moves_ids on tier_moves (last_id, first_id);
create index tier_moves_part on tier_moves (part);
