\set k random(0, :keys - 1)
select id, status, version, n1, n2, n3, n4, n5, t1, t2, t3, t4, t5 from ticket where n1 = :k order by id limit 10;
