#!/usr/bin/env bash
# Creates a second: one ticket a transaction against groups of 32, and what ordering the change log costs (0002, 0003).
# Needs psql and pgbench (Debian: postgresql-client, postgresql-contrib) and a connection in PGHOST, PGPORT, PGUSER, PGPASSWORD; makes and drops a database.
set -euo pipefail
group=32 seconds=${1:-10}
export PGDATABASE=measure_groups
files=$(mktemp -d)
trap 'rm -rf "$files"; dropdb --if-exists "$PGDATABASE"' EXIT
dropdb --if-exists "$PGDATABASE"
createdb "$PGDATABASE"

psql -q <<'SQL'
create table tickets (ticket_id bigint primary key, status text not null, version bigint not null, i1 bigint, s1 text);
create index on tickets (status, ticket_id);
create index on tickets (s1, ticket_id);
create table ticket_meta (ticket_id bigint, block text, version bigint, data json, primary key (ticket_id, block));
create table head (last_opid bigint not null) with (fillfactor = 10);
insert into head values (0);
create table oplog (opid bigint primary key, ticket_id bigint not null, diff json not null);
create sequence numbers cache 100;
SQL

data="('{\"text\": \"' || repeat('x', 400) || '\"}')::json"
tickets="insert into tickets select n, 'open', 1, n, 'field ' || n % 1000 from unnest(ids) n; insert into ticket_meta select n, 'report', 1, $data from unnest(ids) n;"
take="update head set last_opid = last_opid + cardinality(ids) returning last_opid into last;"
log="insert into oplog select last - cardinality(ids) + ord, n, $data from unnest(ids) with ordinality as op (n, ord);"
make() { psql -q -c "create function $1(size int) returns void language plpgsql as \$\$ declare last bigint; ids bigint[] := array(select nextval('numbers') from generate_series(1, size)); begin $2 end \$\$"; }
make unordered "$tickets insert into oplog select -nextval('numbers'), n, $data from unnest(ids) n;"
make opids_first "$take $tickets $log"
make opids_last "$tickets $take $log"

for round in 1 2 3; do
    # Many connections with one ticket each, one writer with groups, four writers with groups. "unordered" is the rate without a log that can be followed: opids from a sequence.
    for setup in "16 1" "1 $group" "4 $group"; do
        read -r clients size <<< "$setup"
        for way in unordered opids_first opids_last; do
            echo "select $way($size);" > "$files/run.sql"
            rate=$(pgbench -n -M prepared -c "$clients" -j 2 -T "$seconds" -f "$files/run.sql" 2>&1 | awk '/^tps/ { print $3 }')
            echo "round $round, $clients connections, $size a transaction, $way: $(awk "BEGIN { print int($rate * $size) }") creates/s"
        done
    done
done
