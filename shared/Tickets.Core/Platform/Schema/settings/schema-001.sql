-- Every settings row carries the revision at which it last changed. The counter's row lock is held to commit,
-- so revisions become visible in order and "revision > known" never skips a late committer.
create table settings_revision (
    only_row  boolean primary key default true check (only_row),
    revision  bigint not null
);
insert into settings_revision (revision) values (0);

create table workflows (
    workflow_id  text collate "C" primary key,
    body         json not null,
    revision     bigint not null
);
create index workflows_revision on workflows (revision);

create table queues (
    queue_id     integer generated always as identity primary key,
    name         text collate "C" not null unique,
    workflow_id  text collate "C" not null references workflows,
    body         json not null,
    revision     bigint not null
);
create index queues_revision on queues (revision);

-- The secret itself is never stored: secret_hash is HMAC-SHA256 of it under the signing secret 'api-keys'.
create table api_keys (
    key_id          text collate "C" primary key,
    secret_hash     bytea not null,
    role            text not null,
    queue_prefixes  text[] not null,
    description     text,
    created_at      timestamptz not null,
    revoked_at      timestamptz,
    revision        bigint not null
);
create index api_keys_revision on api_keys (revision);

-- Random secrets shared by all processes: they sign nonces and cursors and key the hashes of API keys.
create table signing_secrets (
    purpose  text collate "C" primary key,
    secret   bytea not null
);

-- Processes take ticket numbers in blocks: each value is the first number of a block (TicketNumbers.cs).
create sequence ticket_numbers as bigint start with 1000000 increment by 10000;
