-- +goose Up
-- A delivery to a server: the step of each of its files is stored before the
-- next request is sent (PF-08, R3), and what the consumer answered is kept. The
-- entries of a rejected file are free for another one.

CREATE TABLE deliveries_stepped (
  company   TEXT NOT NULL,
  target    TEXT NOT NULL,
  run_no    BIGINT NOT NULL REFERENCES runs (run_no),
  state     TEXT NOT NULL CHECK (state IN ('PLANNED', 'APPROVED', 'BUILT', 'UPLOADING', 'UPLOADED', 'RENAMING', 'DELIVERED', 'DELIVERED_UNCONFIRMED', 'ACKNOWLEDGED', 'REJECTED')),
  sequence  BIGINT NOT NULL,
  name      TEXT NOT NULL,
  sha256    TEXT NOT NULL,
  size      BIGINT NOT NULL,
  date_from TEXT NOT NULL,
  date_to   TEXT NOT NULL,
  attempts  BIGINT NOT NULL DEFAULT 0,
  failure   TEXT NOT NULL DEFAULT '',
  ended_us  BIGINT NOT NULL DEFAULT 0,
  answer    TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (company, target, run_no),
  CHECK ((state = 'PLANNED') = (sequence = 0))
);
INSERT INTO deliveries_stepped (company, target, run_no, state, sequence, name, sha256, size, date_from, date_to)
  SELECT company, target, run_no, state, sequence, name, sha256, size, date_from, date_to FROM deliveries;

CREATE TABLE delivery_contents (
  company  TEXT NOT NULL,
  target   TEXT NOT NULL,
  entry_no TEXT NOT NULL,
  revision BIGINT NOT NULL,
  run_no   BIGINT NOT NULL,
  live     BIGINT NOT NULL DEFAULT 1 CHECK (live IN (0, 1)),
  PRIMARY KEY (company, target, entry_no, run_no),
  FOREIGN KEY (company, target, run_no) REFERENCES deliveries_stepped (company, target, run_no),
  FOREIGN KEY (company, entry_no, revision) REFERENCES entries (company, entry_no, revision)
);
INSERT INTO delivery_contents (company, target, entry_no, revision, run_no) SELECT company, target, entry_no, revision, run_no FROM delivery_entries;

DROP TABLE delivery_entries;
DROP TABLE deliveries;
ALTER TABLE deliveries_stepped RENAME TO deliveries;
ALTER TABLE delivery_contents RENAME TO delivery_entries;
CREATE UNIQUE INDEX deliveries_sequence ON deliveries (company, target, sequence) WHERE sequence > 0;
CREATE UNIQUE INDEX delivery_entries_live ON delivery_entries (company, target, entry_no) WHERE live = 1;

CREATE TABLE delivery_steps (
  company  TEXT NOT NULL,
  target   TEXT NOT NULL,
  run_no   BIGINT NOT NULL,
  position BIGINT NOT NULL,
  name     TEXT NOT NULL,
  step     TEXT NOT NULL CHECK (step IN ('WAITING', 'UPLOADING', 'UPLOADED', 'RENAMING', 'PLACED', 'UNCONFIRMED')),
  temp     TEXT NOT NULL,
  PRIMARY KEY (company, target, run_no, position),
  FOREIGN KEY (company, target, run_no) REFERENCES deliveries (company, target, run_no)
);
