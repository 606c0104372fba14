create index ticket_n1 on ticket (n1);
create index ticket_t1 on ticket (t1);
create index ticket_status on ticket (status, n2);
