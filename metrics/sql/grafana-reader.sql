-- A role for Grafana's PostgreSQL data source: it may read Dabiao's views and nothing else. No
-- table, so neither keys' and passwords' digests nor what is not meant for a panel.
--
--   psql "$DATABASE_URL" --set password=… --file metrics/sql/grafana-reader.sql
--
-- Run as the owner of the database. Running it again is harmless: it sets the password anew and
-- grants what has come since.

\set ON_ERROR_STOP on

DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'grafana_reader') THEN
        CREATE ROLE grafana_reader;
    END IF;
END $$;

ALTER ROLE grafana_reader WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION
    CONNECTION LIMIT 10 PASSWORD :'password';

-- A panel that asks for too much is cut short, and nothing is ever written, whatever is granted.
ALTER ROLE grafana_reader SET default_transaction_read_only = on;
ALTER ROLE grafana_reader SET statement_timeout = '30s';

GRANT USAGE ON SCHEMA public TO grafana_reader;
GRANT SELECT ON
    v_plan,
    v_department,
    v_kpi,
    v_revision,
    v_figure,
    v_target_version,
    v_target,
    v_verdict,
    v_verdict_position,
    v_forecast,
    v_forecast_position
TO grafana_reader;
GRANT EXECUTE ON FUNCTION figure_as_of(timestamptz), target_as_of(timestamptz) TO grafana_reader;
