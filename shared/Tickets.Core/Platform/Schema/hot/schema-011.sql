-- The W3C trace context of the request that made the op, when somebody records that trace; null otherwise. Adding it touches no row.
alter table oplog add column if not exists trace_parent text collate "C";
