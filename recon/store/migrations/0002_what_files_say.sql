-- +goose Up
-- What line 1 of a report says of itself: a later file of the same merchant,
-- report and window replaces it.

ALTER TABLE files ADD COLUMN said_merchant TEXT NOT NULL DEFAULT '';
ALTER TABLE files ADD COLUMN said_report TEXT NOT NULL DEFAULT '';
ALTER TABLE files ADD COLUMN said_version TEXT NOT NULL DEFAULT '';
ALTER TABLE files ADD COLUMN said_window TEXT NOT NULL DEFAULT '';
