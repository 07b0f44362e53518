-- +goose Up
-- The grid merchant x report x business day: what was asked of the processor and
-- what came. A cell gets a row when it changes; the last one counts.
CREATE TABLE report_cells (
  company        TEXT NOT NULL,
  merchant       TEXT NOT NULL,
  report         TEXT NOT NULL,
  day            TEXT NOT NULL,
  seq            BIGINT NOT NULL,
  state          TEXT NOT NULL CHECK (state IN ('RECEIVED', 'EMPTY', 'LATE', 'MISSING', 'RESTATED', 'QUARANTINED')),
  why            TEXT NOT NULL,
  file           TEXT NOT NULL,
  sha256         TEXT NOT NULL,
  before_sha256  TEXT NOT NULL,
  size           BIGINT NOT NULL,
  masked         BIGINT NOT NULL,
  window_from_us BIGINT NOT NULL,
  window_to_us   BIGINT NOT NULL,
  due_us         BIGINT NOT NULL,
  asked_us       BIGINT NOT NULL,
  received_us    BIGINT NOT NULL,
  correlation    TEXT NOT NULL,
  required       BOOLEAN NOT NULL,
  PRIMARY KEY (company, merchant, report, day, seq),
  CHECK ((state IN ('RECEIVED', 'RESTATED')) <= (sha256 <> '')),
  CHECK ((state = 'RESTATED') = (before_sha256 <> ''))
);
CREATE INDEX report_cells_day ON report_cells (company, day);
