-- A start for a set time: what comes in before it does not call the orchestration up. Null where it does. Adding it touches no row.
alter table orchestration_ready add column not_before timestamptz;
