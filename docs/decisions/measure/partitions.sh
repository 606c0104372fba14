#!/usr/bin/env bash
# What a find costs through a parent of 300 list partitions and by the partition's own name (0006).
# Needs psql and pgbench (Debian: postgresql-client, postgresql-contrib) and a connection in PGHOST, PGPORT, PGUSER, PGPASSWORD; makes and drops a database.
set -euo pipefail
queues=300 asked=20 rows=500 seconds=${1:-10}
export PGDATABASE=measure_partitions
files=$(mktemp -d)
trap 'rm -rf "$files"; dropdb --if-exists "$PGDATABASE"' EXIT
dropdb --if-exists "$PGDATABASE"
createdb "$PGDATABASE"

psql -q <<SQL
create table tickets (queue_id int not null, ticket_id bigint not null, status text not null, i1 bigint, s1 text collate "C") partition by list (queue_id);
do \$\$ begin
  for q in 1..$queues loop
    execute format('create table tickets_q%s (like tickets, check (queue_id = %s), primary key (ticket_id))', q, q);
    execute format('create index on tickets_q%s (s1, ticket_id)', q);
    execute format('insert into tickets_q%s select %s, %s * 1000000 + n, ''open'', n, ''field '' || n %% 100 from generate_series(1, $rows) n', q, q, q);
    execute format('alter table tickets attach partition tickets_q%s for values in (%s)', q, q);
    if q % 50 = 0 then commit; end if;
  end loop;
end \$\$;
vacuum analyze;
SQL

printf '\\set q random(1, %s)\n\\set n random(0, 99)\n%s\n' "$asked" \
    "select * from tickets where queue_id = :q and s1 = 'field ' || :n::int and ticket_id > 0 order by ticket_id limit 10;" > "$files/parent.sql"
named=()
for ((q = 1; q <= asked; q++)); do
    printf '\\set n random(0, 99)\n%s\n' "select * from tickets_q$q where s1 = 'field ' || :n::int and ticket_id > 0 order by ticket_id limit 10;" > "$files/q$q.sql"
    named+=(-f "$files/q$q.sql")
done

for round in 1 2 3; do
    for way in parent named; do
        [[ $way == parent ]] && scripts=(-f "$files/parent.sql") || scripts=("${named[@]}")
        rate=$(pgbench -n -M prepared -c 8 -j 2 -T "$seconds" "${scripts[@]}" 2>&1 | awk '/^tps/ { print int($3) }')
        echo "round $round, by $way: $rate finds/s"
    done
done
