-- SPDX-License-Identifier: Apache-2.0
-- Queries and changes of rows.
with recursive w (n) as (select 1 union all select n + 1 from w where n < 3), x as materialized (delete from t returning *)
select distinct on (a) a, count(*) filter (where b <> ';') over (partition by c order by d rows between 1 preceding and current row)
from only s.t as u (a, b) join lateral (select ';') l on true, generate_series(1, 3) with ordinality g (v, o)
where (a, b) in (values (1, ';'), (2, '')) and exists (select from t) and a = any (array[1, 2])
group by grouping sets ((a), rollup (b, c)) having sum(a) > 1
window w2 as (order by a) order by a using <, b desc nulls first limit 5 offset 1 rows for no key update of u skip locked;
select case when a then ';' else (select case b when 1 then 2 end) end from t;
select a[1:2], (row(1, ';')).f1, (t).b, t.*, cast(a as text), a::numeric(10, 2)[], a at time zone 'x;', interval '1 day;'::text;
select extract(year from now()), substring('a;b' from 1 for 2), overlay('a' placing ';' from 1), trim(both ';' from 'x'), position(';' in 'a');
select * from t tablesample bernoulli (10) repeatable (1), rows from (f(1), g(2)) as r (a, b);
select json_object('a' : ';', 'b' value 2), json_array(1, ';' null on null), '{"a;":1}'::jsonb -> 'a;' ->> 0 @> ';';
select xmlelement(name "a;", xmlattributes(';' as b), 'c');
table t;
values (1, ';'), (2, default_value);
insert into t (a, b) overriding system value values (1, ';'), (default, e'\'') on conflict (a) where b > 1 do update set b = excluded.b || ';' where t.a > 1 returning *;
insert into t default values;
insert into t select * from u where a = ';' on conflict do nothing;
update t as x set (a, b) = (select 1, ';'), c[1] = 2, d.e = default from u where x.a = u.a returning x.*;
delete from only t using u where current_of = ';';
merge into t using (select 1 as a) s on t.a = s.a and s.a <> 2
    when matched and t.b = ';' then update set b = ';'
    when matched then delete
    when not matched then insert (a, b) values (1, ';')
    when not matched by source then do nothing;
explain (analyze, buffers, format json) select ';';
prepare p (int, text) as insert into t values ($1, $2 || ';');
execute p (1, ';');
deallocate all;
declare c scroll cursor with hold for select ';';
fetch forward 5 from c;
close c;
copy (select ';') to '/x;y' with (format csv, delimiter ';', quote '"');
copy t (a, b) from '/x' with (header match);
call p(1, ';', a => 2);
