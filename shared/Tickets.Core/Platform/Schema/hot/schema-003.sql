-- Queues on their way to this shard from another one (Ticketing/Placement). A row is there from the first copied ticket until the
-- other shard is cleared. token fences copiers: whoever takes the copy up counts it up, and only the newest may write.
--   copied_to:    tickets up to this id were copied once
--   followed_to:  changes up to this opid of the other shard's log are copied
create table arriving_queues (
    queue_id     integer not null,
    from_shard   text collate "C" not null,
    move_id      text collate "C" not null,
    token        bigint not null,
    copied_to    bigint not null,
    followed_to  bigint not null,
    complete     boolean not null default false,
    primary key (queue_id, from_shard)
);

-- The shard whose log has the answer's op, when the queue has come from there; null: this one.
alter table idempotency_keys add column shard text collate "C";
