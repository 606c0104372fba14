-- Who wants the change log sent to a URL. How far each has come is noted on every shard (oplog_followers), under a name with the
-- run's number: a replay is a new run, which begins at its own cursor.
create table webhooks (
    webhook_id      text collate "C" primary key,
    url             text not null,
    secret          text not null,          -- in clear: deliveries are signed with it
    queue           text collate "C",       -- null: every queue that the prefixes cover
    kinds           text[] not null,        -- empty: all
    queue_prefixes  text[] not null,        -- those of the key that made it
    description     text,
    status          text not null,          -- active, paused, or gone: the receiver wants no more
    run             integer not null,
    start_cursor    text not null,
    created_at      timestamptz not null
);
