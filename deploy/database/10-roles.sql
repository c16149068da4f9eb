-- The roles and the database of SIKS. Run with psql, as a superuser:
--     siks migrate --print-roles | psql -X -v ON_ERROR_STOP=1 postgres
-- then give both roles a password (\password siks_owner, \password siks_app).

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'siks_owner') THEN
        CREATE ROLE siks_owner;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'siks_app') THEN
        CREATE ROLE siks_app;
    END IF;
END
$$;
ALTER ROLE siks_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE siks_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

SELECT $$CREATE DATABASE siks TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'$$
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'siks') \gexec

\connect siks
ALTER DATABASE siks OWNER TO siks_owner;
REVOKE ALL ON DATABASE siks FROM PUBLIC;
GRANT CONNECT ON DATABASE siks TO siks_app;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO siks_app;
