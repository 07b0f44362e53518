-- +goose Up
-- What an exception was about when a run touched it, minor units: from this the
-- open amounts of earlier weeks are known as they were. No currency is no figure.

ALTER TABLE exception_history ADD COLUMN currency TEXT NOT NULL DEFAULT '';
ALTER TABLE exception_history ADD COLUMN amount BIGINT NOT NULL DEFAULT 0;
