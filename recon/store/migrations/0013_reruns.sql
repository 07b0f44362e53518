-- +goose Up
-- Ranges that a committed run restated and that are to be run again: owed with its
-- commit, and done with theirs. depth bounds how far one restates the other.

CREATE TABLE reruns (
  company   TEXT NOT NULL,
  date_from TEXT NOT NULL,
  date_to   TEXT NOT NULL,
  as_of     TEXT NOT NULL,
  depth     BIGINT NOT NULL,
  PRIMARY KEY (company, date_from, date_to)
);
