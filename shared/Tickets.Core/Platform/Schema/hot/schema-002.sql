-- Durable orchestrations (docs/orchestration.md). The same tables stand in the settings database: work that belongs to no shard runs there.
-- There are no foreign keys: every statement that takes an instance away takes its rows along, and checks would cost more than they find.

-- Leases and executions are told apart for ever, also when an instance id is used again: their numbers come from one sequence.
create sequence orchestration_tokens as bigint;

-- What an orchestration is and how it ended. Written when it starts, when it ends, and when its custom status changes.
--   status: 0 not ended, 1 completed, 2 failed, 3 terminated
--   execution: counts from 0 with each continue-as-new; carried: the events that the last execution left to this one
create table orchestrations (
    instance_id       text collate "C" primary key,
    name              text collate "C" not null,
    version           text collate "C" not null,
    execution         integer not null default 0,
    status            smallint not null default 0,
    parent_id         text collate "C",
    parent_execution  integer,
    parent_task       integer,
    created_at        timestamptz not null,
    start_at          timestamptz not null,
    completed_at      timestamptz,
    input             json,
    output            json,
    failure           json,
    custom_status     json,
    carried           json,
    tags              jsonb,
    trace_parent      text
);
create index orchestrations_created on orchestrations (created_at);
create index orchestrations_completed on orchestrations (completed_at) where completed_at is not null;
create index orchestrations_failed on orchestrations (created_at) where status = 2;
create index orchestrations_parent on orchestrations (parent_id) where parent_id is not null;

-- One narrow row for each orchestration that has not ended: when it is next to be looked at, and who has it.
--   due_at: the earliest of its timers and of what came in; while a worker holds it, the end of its lease; 'infinity' when it waits for events only
--   token:  fences: every write of a worker names the token of its lease, and another lease has another token
--   pending: messages in the inbox. Who puts one there counts it here under this row's lock, so that a worker that gives the instance back sees what it has not read
--   stalled: 1 suspended, 2 parked (reason says why); nobody takes it up until it is resumed
create table orchestration_ready (
    instance_id  text collate "C" primary key,
    name         text collate "C" not null,
    due_at       timestamptz not null,
    owner        text,
    token        bigint not null default 0,
    pending      integer not null default 0,
    steps        integer not null default 0,
    attempts     integer not null default 0,
    stalled      smallint,
    reason       text
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
create index orchestration_ready_due on orchestration_ready (name, due_at);
create index orchestration_ready_stalled on orchestration_ready (instance_id) where stalled is not null;

-- One row a step: what came in and what the code did about it. The key keeps two workers from recording the same step.
create table orchestration_history (
    instance_id  text collate "C" not null,
    execution    integer not null,
    step         integer not null,
    body         json not null,
    primary key (instance_id, execution, step)
);

-- Messages to orchestrations, consumed by the step that they come into. execution is null for events, which any execution may take.
create table orchestration_inbox (
    seq          bigint generated always as identity primary key,
    instance_id  text collate "C" not null,
    execution    integer,
    body         json not null
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
create index orchestration_inbox_instance on orchestration_inbox (instance_id);

-- Activities that any process may run. Leased like orchestrations.
create table orchestration_activities (
    instance_id  text collate "C" not null,
    execution    integer not null,
    task_id      integer not null,
    name         text collate "C" not null,
    due_at       timestamptz not null,
    owner        text,
    token        bigint not null default 0,
    attempts     integer not null default 0,
    body         json not null,
    key          text not null,
    trace_parent text,
    primary key (instance_id, execution, task_id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
create index orchestration_activities_due on orchestration_activities (name, due_at);

-- Every process that works here, so that its health can be told from the database.
create table orchestration_workers (
    worker       text collate "C" primary key,
    started_at   timestamptz not null,
    seen_at      timestamptz not null,
    steps        bigint not null,
    activities   bigint not null,
    failures     bigint not null,
    held         integer not null,
    last_failure text
);

-- Locks the instances that a transaction is going to touch, always in the order of their ids, and checks the leases among them. tokens has null for
-- instances that are only written to. Raises OR001; its message is the ids of those whose lease is lost, a line each.
create function orchestration_hold(ids text[], tokens bigint[]) returns bigint language plpgsql as $$
declare
    lost text[];
begin
    perform 1 from orchestration_ready r where r.instance_id = any(ids) order by r.instance_id for update;
    select array_agg(held.instance_id) into lost
    from unnest(ids, tokens) as held(instance_id, token)
    where held.token is not null and not exists (select 1 from orchestration_ready r where r.instance_id = held.instance_id and r.token = held.token);
    if lost is not null then
        raise exception '%', array_to_string(lost, E'\n') using errcode = 'OR001';
    end if;
    return 0;
end
$$;

-- The same lock for statements in a caller's transaction, which may not answer rows.
create procedure orchestration_lock(ids text[]) language sql as $$
    select orchestration_hold(ids, array_fill(null::bigint, array[cardinality(ids)]));
$$;
