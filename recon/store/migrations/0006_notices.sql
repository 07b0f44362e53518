-- +goose Up
-- What people were told, each once: a notice is kept before it is sent and marked
-- when it was, so that one that could not be sent is sent later.

CREATE TABLE notices (
  company  TEXT NOT NULL,
  key      TEXT NOT NULL,
  channel  TEXT NOT NULL,
  kind     TEXT NOT NULL,
  subject  TEXT NOT NULL,
  first_us BIGINT NOT NULL,
  told_us  BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (company, key, channel)
);
