-- Those who read the change log for others: the relay to Service Bus, and each webhook. Whoever holds the lease works; fence
-- grows with every holder, and a holder whose fence is not the newest can write nothing here (Oplog/FollowerLease.cs).
create table oplog_followers (
    follower       text collate "C" primary key,
    opid           bigint not null,       -- the last op that the other side has taken
    fence          bigint not null,
    holder         text collate "C",
    lease_until    timestamptz not null,
    sending_to     bigint,                -- the last op of a delivery that has been tried: it is tried again as it was
    attempts       integer not null,      -- of that delivery
    next_at        timestamptz,           -- not to be tried before
    failing_since  timestamptz,
    failure        text                   -- in a few words, fit for anybody's eyes
) with (fillfactor = 10);

-- Deliveries that were tried as often as they may be. The webhook has gone on with what came after them.
create table webhook_dead_deliveries (
    webhook_id   text collate "C" not null,
    delivery_id  text collate "C" not null,
    first_opid   bigint not null,
    last_opid    bigint not null,
    attempts     integer not null,
    failure      text not null,
    died_at      timestamptz not null,
    primary key (webhook_id, delivery_id)
);
