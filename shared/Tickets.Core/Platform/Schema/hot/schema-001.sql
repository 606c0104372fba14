-- A queue's partitions carry the keys and indexes themselves: primary key (ticket_id), and (ticket_id, block) for meta.
create table tickets (
    queue_id     integer not null,
    ticket_id    bigint not null,
    status       text collate "C" not null,
    resolution   text collate "C",
    group_name   text collate "C",
    accepted_by  text collate "C",
    parent_id    bigint,
    version      bigint not null,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    closed_at    timestamptz,
    i1 bigint, i2 bigint, i3 bigint, i4 bigint, i5 bigint,
    s1 text collate "C", s2 text collate "C", s3 text collate "C", s4 text collate "C", s5 text collate "C",
    moving_to    integer  -- the queue on another shard that the ticket is on its way to; see departures
) partition by list (queue_id);

-- Uninterpreted: json keeps the caller's text as it came and is only checked for syntax. A removed block leaves its row
-- with data null, so that a block made again under its name goes on counting and no version ever means two contents.
create table ticket_meta (
    queue_id   integer not null,
    ticket_id  bigint not null,
    block      text collate "C" not null,
    version    bigint not null,
    data       json
) partition by list (queue_id);

-- One row per number used on this shard: where its ticket is, and what the create with its nonce said, so that a retry
-- gets its first answer wherever the ticket has gone meanwhile.
--   queue_id is null:  the nonce is claimed here for a ticket on another shard (its home is this shard).
--   content is null:   created without a nonce, nobody can retry it.
--   gone:              the ticket has left this shard; the row stays until nobody can ask by the number any more.
--   arrived_version:   the ticket came from another shard with this version; it cannot come twice with the same one.
create table ticket_numbers_used (
    ticket_id   bigint primary key,
    queue_id    integer,
    content     uuid,
    expires_at  timestamptz,
    gone        boolean not null default false,
    arrived_version  bigint
);
create index ticket_numbers_used_gone on ticket_numbers_used (expires_at) where gone or queue_id is null;

-- Tickets on their way to a queue on another shard (Moves.cs). The ticket stays readable in its old queue, and may not be
-- changed, until it has arrived in the new one; the arrival's commit is the instant at which it changes queues.
create table departures (
    ticket_id   bigint primary key,
    from_queue  integer not null,
    to_queue    integer not null,
    ticket      json not null,
    started_at  timestamptz not null
);

-- The answers to updates that carried an Idempotency-Key.
create table idempotency_keys (
    key         uuid primary key,
    content     uuid not null,
    ticket_id   bigint not null,
    versions    json not null,
    opid        bigint not null,
    expires_at  timestamptz not null
);
create index idempotency_keys_expiry on idempotency_keys (expires_at);

-- Opids are dense and in commit order: a writer takes them by updating oplog_head last and holds that row's lock to commit.
-- epoch fences writers whose settings are older than a move of a queue between shards: they must find the epoch they know.
create table oplog_head (
    only_row   boolean primary key default true check (only_row),
    last_opid  bigint not null,
    epoch      bigint not null
) with (fillfactor = 10);
insert into oplog_head (last_opid, epoch) values (0, 0);

-- Range partitions by opid are made ahead and dropped when old (OplogPartitions.cs).
create table oplog (
    opid        bigint not null,
    at          timestamptz not null,
    ticket_id   bigint not null,
    queue_id    integer not null,
    kind        text collate "C" not null,
    version     bigint not null,
    status      text collate "C" not null,
    resolution  text collate "C",
    diff        json not null,
    primary key (opid)
) partition by range (opid);

-- How searches went, by queue and by the fields they gave; every process adds its counts now and then (SearchStatistics.cs).
create table search_statistics (
    queue_id       integer not null,
    fields         text collate "C" not null,
    searches       bigint not null,
    rows_returned  bigint not null,
    milliseconds   double precision not null,
    sampled        bigint not null,
    sampled_read   bigint not null,
    sampled_returned bigint not null,
    last_at        timestamptz not null,
    primary key (queue_id, fields)
);
