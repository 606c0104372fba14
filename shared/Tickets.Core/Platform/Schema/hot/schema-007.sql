-- Rows that come and go with every ticket: vacuumed in small portions, as the tickets' own partitions are.
alter table ticket_numbers_used set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
alter table idempotency_keys set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
alter table departures set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
