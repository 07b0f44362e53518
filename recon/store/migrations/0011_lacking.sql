-- +goose Up
-- What a run went on without (JSON list), so that the next one tells when it has come.
ALTER TABLE runs ADD COLUMN lacking TEXT NOT NULL DEFAULT '[]';
