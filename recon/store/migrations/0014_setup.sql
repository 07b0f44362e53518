-- +goose Up
-- Under what a run was computed: a file of the archive with its configuration and
-- what it took of the ERP's calendar, so that it can be computed once more (R4).
ALTER TABLE runs ADD COLUMN setup TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN setup_size BIGINT NOT NULL DEFAULT 0;
