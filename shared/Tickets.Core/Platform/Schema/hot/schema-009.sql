-- The op that the other side refuses whatever is done; null while there is none. Only that op may be skipped.
alter table oplog_followers add column refused bigint;

-- Ops that an operator had the relay skip. The change log tells of each with an op of its own, of kind skipped.
create table oplog_skips (
    opid        bigint primary key,
    told_by     bigint,                       -- the op that tells of it; null when it is itself one that told of another
    reason      text collate "C" not null,
    skipped_by  text collate "C" not null,
    at          timestamptz not null
);

-- A ticket that came back: the version with which it did, and the day of the cold tier that had it. Copies before that version do not count, whatever the cold
-- index says; while settled_at is null they are still to be struck out there (RestoreTicket.cs).
alter table tier_moves add column restored bigint;
alter table tier_moves add column day date;
create index tier_moves_restored on tier_moves (first_id) where restored is not null and settled_at is null;
