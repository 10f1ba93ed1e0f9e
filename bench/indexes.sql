-- SPDX-License-Identifier: BSD-2-Clause
-- ONLY FOR bench/: takes the indexes off a table that gets millions of rows, and makes them again as they were.
create schema if not exists bench;
-- a table without its indexes, and with them again; those that grow in the middle are as full as after years
-- of such growth, not as if fresh from the press
create table if not exists bench.index (tab text not null, made text not null);
create or replace procedure bench.bare(t regclass) language plpgsql as $$
declare
    x record;
begin
    for x in
        select format('%s', t) as tab, i.indexrelid::regclass as name, c.conname,
               case when c.conname is null then pg_get_indexdef(i.indexrelid) else format('alter table %s add constraint %I %s', t, c.conname, pg_get_constraintdef(c.oid)) end
               || case when a.attname in ('entry', 'index') or i.indpred is not null or n.reloptions is not null then '' else ' with (fillfactor = 70)' end as made
          from pg_index i
          join pg_class n on n.oid = i.indexrelid
          left join pg_constraint c on c.conindid = i.indexrelid and c.contype in ('p', 'u')
          left join pg_attribute a on a.attrelid = t and a.attnum = i.indkey[0]
         where i.indrelid = t
    loop
        insert into bench.index (tab, made) values (x.tab, x.made);
        if x.conname is not null then
            execute format('alter table %s drop constraint %I', t, x.conname);
        else
            execute format('drop index %s', x.name);
        end if;
    end loop;
end
$$;
create or replace procedure bench.dressed(t regclass) language plpgsql as $$
declare
    x record;
begin
    for x in delete from bench.index i where i.tab = format('%s', t) returning i.made loop
        execute x.made;
    end loop;
end
$$;
