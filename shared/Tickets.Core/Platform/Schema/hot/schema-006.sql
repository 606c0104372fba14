-- Messages to users and groups. Written in the transaction of what they tell of; the key keeps a repeated step from telling twice.
-- written_by orders them for readers: what a reader has not seen was written by a transaction that it did not know to be over.
create table notifications (
    notification_id  bigint generated always as identity primary key,
    written_by       xid8 not null default pg_current_xact_id(),
    key              text collate "C" not null unique,
    recipient        text collate "C" not null,
    kind             text collate "C" not null,
    ticket_id        bigint not null,
    queue_id         integer not null,
    at               timestamptz not null,
    body             json not null
);
create index notifications_recipient on notifications (recipient, written_by, notification_id);

-- The revision of each queue's workflow that the lifecycles of its tickets on this shard have been told of.
create table lifecycle_settings (
    queue_id  integer primary key,
    revision  bigint not null
);
