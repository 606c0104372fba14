-- Keys end at a time, follow one another when they are rotated, and may be limited.
alter table api_keys
    add column expires_at           timestamptz,
    add column replaced_by          text collate "C",
    add column created_by           text,
    add column requests_per_minute  integer,
    add column requests_per_day     bigint;

-- Answers to retried requests for keys. A key's text is in sealed, which only the Idempotency-Key of the request opens.
create table api_key_retries (
    retry_id      bytea primary key,
    request_hash  uuid not null,
    key_id        text collate "C" not null,
    sealed        bytea not null,
    expires_at    timestamptz not null
);

-- What limited keys have used, all processes together. A window is a minute or a day, by its length in seconds.
create table api_key_usage (
    key_id          text collate "C" not null,
    window_seconds  integer not null,
    window_start    timestamptz not null,
    requests        bigint not null,
    primary key (key_id, window_seconds, window_start)
);

-- Every change of settings, written in its transaction. reach: the queues or prefixes that it is about; who reaches all of them may read of it.
create table settings_audit (
    audit_id  bigint generated always as identity primary key,
    revision  bigint not null,
    at        timestamptz not null,
    actor     text not null,
    action    text not null,
    target    text not null,
    reach     text[] not null,
    change    json
);
create index settings_audit_target on settings_audit (target, audit_id);

-- Whether prefixes of a key cover a queue or another prefix: the rule of Caller.Reaches, for statements.
create function prefixes_cover(prefixes text[], reached text[]) returns boolean language sql immutable as $$
    select not exists (
        select from unnest(reached) as r
        where not exists (select from unnest(prefixes) as p where p = '' or r = p or starts_with(r, p || '/')));
$$;
