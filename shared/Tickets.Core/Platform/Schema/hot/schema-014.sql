-- The numbers of tickets that a ticket's own steps make: taken once for each step of each stay in a status, so that a step that is done again makes no second one.
--   entered_version: the ticket's version when it entered the status
--   step: counts the status's steps from 0; below 0 tickets about its being stuck
--   made: the ticket was made; before that, making it is only harmless to repeat for as long as its number's use is remembered
create table lifecycle_numbers (
    ticket_id        bigint not null,
    entered_version  bigint not null,
    step             smallint not null,
    status           text collate "C" not null,
    number           bigint not null,
    made             boolean not null default false,
    taken_at         timestamptz not null,
    primary key (ticket_id, entered_version, step)
);
create index lifecycle_numbers_taken on lifecycle_numbers (taken_at);
