-- SPDX-License-Identifier: BSD-2-Clause
-- The roles of duban and what they need in the current database. Run once by a superuser (again is
-- harmless), connected to the database that duban will use:
--
--     psql -X -v ON_ERROR_STOP=1 -d duban -f sql/roles.sql
--
-- Everything else is made by `duband migrate`, logged in as duban_owner, without a superuser.
-- Passwords, certificates and pg_hba.conf are the DBA's: see docs/operations in duband(8).

\set ON_ERROR_STOP on
begin;
set local search_path = pg_catalog;
set local client_min_messages = warning;

do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values
            ('duban_owner', true), ('duban_receiver', true), ('duban_alerter', true),
            ('duban_append', false), ('duban_reader', false), ('duban_auditor', false)
        ) as r (name, login)
    loop
        if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
            execute pg_catalog.format('create role %I', wanted.name);
        end if;
        execute pg_catalog.format(
            'alter role %I with %s inherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls',
            wanted.name, case when wanted.login then 'login' else 'nologin' end);
    end loop;
end
$$;

-- Migrations hand the functions that write the log to duban_append: the owner must be a member.
grant duban_append to duban_owner;

comment on role duban_owner is
    'duban: owns schema, tables and views; logs in for duband migrate and duban init only';
comment on role duban_append is
    'duban: owns append, raise and materialise; may insert into the log, never update or delete there';
comment on role duban_receiver is
    'duban: login of the receiver processes; may execute append and read the views';
comment on role duban_alerter is
    'duban: login of the alerter; may execute raise and materialise and read the views';
comment on role duban_reader is
    'duban: group of people''s logins; row-level security by session_user shows each its own rows';
comment on role duban_auditor is
    'duban: group of auditors'' logins; reads everything, changes nothing';

-- Settings that the promises rest on are pinned to the roles; duband asserts them at connect.
do $$
declare
    name text;
begin
    foreach name in array array['duban_owner', 'duban_receiver', 'duban_alerter']
    loop
        execute pg_catalog.format('alter role %I set search_path = pg_catalog, pg_temp', name);
        execute pg_catalog.format('alter role %I set synchronous_commit = on', name);
        execute pg_catalog.format('alter role %I set default_transaction_isolation = %L', name,
                                  'read committed');
        execute pg_catalog.format('alter role %I set timezone = %L', name, 'UTC');
        execute pg_catalog.format('alter role %I set datestyle = %L', name, 'ISO, YMD');
        execute pg_catalog.format('alter role %I set bytea_output = %L', name, 'hex');
        execute pg_catalog.format('alter role %I set lc_messages = %L', name, 'C');
        execute pg_catalog.format('alter role %I set jit = off', name);
    end loop;
    -- a stopped process must not hold the log lock, whatever a later change does wrong
    foreach name in array array['duban_receiver', 'duban_alerter']
    loop
        execute pg_catalog.format(
            'alter role %I set idle_in_transaction_session_timeout = %L', name, '10s');
    end loop;
end
$$;

-- The current database: only duban's roles connect, only the owner makes schemas and
-- temporary tables, and nobody puts anything into public.
do $$
declare
    db text := pg_catalog.current_database();
begin
    execute pg_catalog.format('revoke all on database %I from public', db);
    -- compiling a view's plan takes longer than reading a unit's rows by it
    execute pg_catalog.format('alter database %I set jit = off', db);
    execute pg_catalog.format('grant connect, create, temporary on database %I to duban_owner', db);
    execute pg_catalog.format(
        'grant connect on database %I to duban_receiver, duban_alerter, duban_reader, duban_auditor',
        db);
end
$$;
revoke all on schema public from public;

commit;
