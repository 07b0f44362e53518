-- +goose Up
-- The order of a company's commits: a run that failed keeps its number when it is
-- taken up again, and a clock may be set back. 0 is a run from before.
ALTER TABLE runs ADD COLUMN commit_no BIGINT NOT NULL DEFAULT 0;
