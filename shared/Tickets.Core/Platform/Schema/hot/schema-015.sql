-- Tickets that were erased, on every shard: whatever still carries a copy of one may not bring it back. Written in the transaction that takes the ticket out of the
-- hot tier, under the lock that a return from cold takes too (ErasedTickets.cs). Kept for ever: it is a number, a day, and who asked.
create table erased_tickets (
    ticket_id  bigint primary key,
    queue_id   integer not null,               -- the queue that it was erased from
    day        date not null,                  -- of its creation: where copies may lie in the cold tier of any queue
    operation  text collate "C" not null,
    at         timestamptz not null default clock_timestamp()
);
create index erased_tickets_at on erased_tickets (at);

-- Ops after a position, ended early when their diffs have come to so many bytes; at least one. Diffs longer than longest_diff do not come and do not count.
-- A last row without opid says that there are more in the stretch than were told. A loop, so that what is not told is not even fetched from where long values lie.
create function oplog_page(after bigint, up_to bigint, only_queues integer[], except_queues integer[], most_ops bigint, longest_diff integer, most_bytes bigint)
    returns table (opid bigint, at timestamptz, ticket_id bigint, queue_id integer, kind text, version bigint, status text, resolution text, trace_parent text, diff json)
    language plpgsql stable as $$
#variable_conflict use_column
declare
    told bigint := 0;
    bytes bigint := 0;
    length integer;
begin
    for opid, at, ticket_id, queue_id, kind, version, status, resolution, trace_parent, diff in
        select o.opid, o.at, o.ticket_id, o.queue_id, o.kind, o.version, o.status, o.resolution, o.trace_parent, o.diff from oplog o
        where o.opid > after and o.opid <= up_to and (cardinality(only_queues) = 0 or o.queue_id = any(only_queues)) and o.queue_id <> all(except_queues)
        order by o.opid limit most_ops
    loop
        length := octet_length(diff::text);
        if length > longest_diff then
            diff := null;
        else
            bytes := bytes + length;
            if told > 0 and bytes > most_bytes then
                opid := null;
                diff := null;
                return next;
                return;
            end if;
        end if;
        told := told + 1;
        return next;
    end loop;
end
$$;
