-- $1 tickets, $2 meta, $3 op. n1 has five tickets a value.
insert into ticket
select g, g % 7, 1, (random() * ($1 / 5))::bigint, g % 1000, g * 3, null, null, 'ext-' || (random() * ($1 / 5))::bigint, 'robot-' || g % 97, md5(g::text), null, null
from generate_series(1, $1) g;
insert into meta select g, 1, 1, $2::jsonb || jsonb_build_object('k', g) from generate_series(1, $1) g;
insert into oplog select g, now(), g, 1, $3::jsonb || jsonb_build_object('k', g) from generate_series(1, $1) g;
