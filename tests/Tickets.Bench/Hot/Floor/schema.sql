-- The least that keeps a ticket, its content and its history: what the product's figures are compared with.
create table ticket (
    id       bigint primary key,
    status   smallint not null,
    version  integer not null,
    n1 bigint, n2 bigint, n3 bigint, n4 bigint, n5 bigint,
    t1 text, t2 text, t3 text, t4 text, t5 text
);
create table meta (
    ticket_id  bigint,
    block      smallint,
    version    integer not null,
    data       jsonb not null,
    primary key (ticket_id, block)
);
create table oplog (
    seq        bigint primary key,
    ts         timestamptz not null default now(),
    ticket_id  bigint not null,
    kind       smallint not null,
    data       jsonb not null
);
create sequence ticket_id start 20000001;
create sequence oplog_seq start 20000001;
