-- SPDX-License-Identifier: Apache-2.0
-- Strings and names in every spelling, with semicolons where they end nothing.
select ';' as "semi;colon", ';;' "a""b;";
select 'it''s; fine', e'a\'; b', E'\\', E'\x3b', '\', U&'\0061;b', U&'!0061;' uescape '!';
select b'0101', B'1', x'1F;'::text, X'ff', n'national; text';
select $$;$$, $a$ $$ ; $b$ $a$, $_1$;$_1$, $größe$;$größe$;
select 'one'
    '; two'
    /* no continuation over a block comment */ as joined;
select e'one\''
    '\'; two';
select "select;" from "from;"."where;" where "x;" = 1 -- ;
;
select 1 /* ; /* ; */ ; */ + 2;
select '/*'; select '*/'; select '--'; select ';' || '''' || ';';
select $1, $2::int from t where a = $1;
select 'a' like 'b;%' escape ';', 'x' ~ E'\\;';
select U&"d\0061t;a", u&"\+000061";
;;
select 1.5, .5, 1., 1e10, 1_000, 0x1F, 0b11;
select '' , "a b", 'ünïcödé; 😀';
