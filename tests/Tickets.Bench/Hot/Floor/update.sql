\set id random(1, :tickets)
\set s random(0, 6)
with t as (update ticket set status = :s, version = version + 1, t2 = 'robot-18' where id = :id and version >= 1 returning id, version), m as (insert into meta (ticket_id, block, version, data) select id, 1, 1, :meta::jsonb from t on conflict (ticket_id, block) do update set data = excluded.data, version = meta.version + 1) insert into oplog (seq, ticket_id, kind, data) select nextval('oplog_seq'), id, 2, :op::jsonb from t returning ticket_id, seq;
