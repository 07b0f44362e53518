-- +goose Up
-- What services have in common through the store: which of them live, what people
-- ask of them by hand, and the whole of a notice, so that one that could not be sent
-- is sent after a restart.

CREATE TABLE services (
  id         TEXT PRIMARY KEY,
  company    TEXT NOT NULL,
  holder     TEXT NOT NULL,
  started_us BIGINT NOT NULL,
  until_us   BIGINT NOT NULL
);

CREATE TABLE requests (
  company    TEXT NOT NULL,
  no         BIGINT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('WAITING', 'RUNNING', 'DONE', 'WITHDRAWN')),
  ask        TEXT NOT NULL,
  asked_by   TEXT NOT NULL,
  service    TEXT NOT NULL DEFAULT '',
  asked_us   BIGINT NOT NULL,
  started_us BIGINT NOT NULL DEFAULT 0,
  ended_us   BIGINT NOT NULL DEFAULT 0,
  code       BIGINT NOT NULL DEFAULT 0,
  said       TEXT NOT NULL DEFAULT '',
  warned     TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (company, no)
);

ALTER TABLE notices ADD COLUMN body TEXT NOT NULL DEFAULT '';
ALTER TABLE notices ADD COLUMN attach TEXT NOT NULL DEFAULT '';
ALTER TABLE notices ADD COLUMN failure TEXT NOT NULL DEFAULT '';
