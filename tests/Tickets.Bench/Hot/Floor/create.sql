\set k random(0, :keys - 1)
\set s random(0, 6)
with t as (insert into ticket (id, status, version, n1, n2, n3, n4, n5, t1, t2, t3, t4, t5) values (nextval('ticket_id'), :s, 1, :k, :k % 1000, :k * 3, null, null, 'ext-' || :k::text, 'robot-17', '9e107d9d372bb6826bd81d3542a419d6', null, null) returning id), m as (insert into meta (ticket_id, block, version, data) select id, 1, 1, :meta::jsonb from t) insert into oplog (seq, ticket_id, kind, data) select nextval('oplog_seq'), id, 1, :op::jsonb from t returning ticket_id, seq;
