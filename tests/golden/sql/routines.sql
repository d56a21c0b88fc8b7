-- SPDX-License-Identifier: Apache-2.0
-- Bodies that hold statements of their own.
create function one() returns int language sql as 'select 1;';
create function two() returns int language plpgsql as $$
declare
    x int := 1;
begin
    if x > 0 then
        perform 1; -- ; '
    end if;
    return case when x = 1 then 2 else 3 end;
end;
$$;
create or replace function three(a int, b text default ';') returns table (x int, y text)
    language sql stable
begin atomic
    select a, b;
    select case when a > 1 then 1 when a < 0 then case b when ';' then 2 end end, b;
    insert into t values (a, b) returning *;
end;
create procedure four(a int) language sql begin atomic
    update t set x = case when a > 0 then 1 else 2 end;
    delete from t where x = a;
end;
create function five(a int) returns int return a * (select case when true then 1 end);
create function six() returns trigger language plpgsql as $body$
begin
    execute 'select $$;$$';
    execute $q$insert into t values ('a;b')$q$;
    return new;
end
$body$;
do $$ begin raise notice ';'; end $$;
do language plpgsql 'begin perform 1; end';
create rule keep as on delete to t do instead (insert into log values (old.x); select 1;);
create rule nothing as on update to t do instead nothing;
create trigger audit after insert or update of a, b on t for each row when (new.a > 0) execute function six();
create event trigger watch on ddl_command_start execute function six();
create aggregate total(int) (sfunc = int4pl, stype = int, initcond = '0');
create cast (text as public.mood) with inout as assignment;
create operator === (leftarg = int, rightarg = int, function = int4eq);
begin;
savepoint a;
rollback to savepoint a;
release a;
end;
