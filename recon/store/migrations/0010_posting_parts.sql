-- +goose Up
-- The files of a posting as they were built, kept in the archive: every retry sends
-- these bytes, also where making them anew would give others (an ERP's calendar that
-- was changed since, a fresh session key of an encryption). And what was cut of
-- texts that were too long for their columns.

CREATE TABLE IF NOT EXISTS delivery_parts (
  company  TEXT NOT NULL,
  target   TEXT NOT NULL,
  run_no   BIGINT NOT NULL,
  position BIGINT NOT NULL,
  name     TEXT NOT NULL,
  sha256   TEXT NOT NULL,
  size     BIGINT NOT NULL,
  PRIMARY KEY (company, target, run_no, position),
  FOREIGN KEY (company, target, run_no) REFERENCES deliveries (company, target, run_no)
);

CREATE TABLE IF NOT EXISTS delivery_cuts (
  company  TEXT NOT NULL,
  target   TEXT NOT NULL,
  run_no   BIGINT NOT NULL,
  position BIGINT NOT NULL,
  entry_no TEXT NOT NULL,
  line_no  BIGINT NOT NULL,
  width    BIGINT NOT NULL,
  text     TEXT NOT NULL,
  PRIMARY KEY (company, target, run_no, position),
  FOREIGN KEY (company, target, run_no) REFERENCES deliveries (company, target, run_no)
);
