-- +goose Up
-- Money is append-only: runs, item versions, entries, lines and deliveries are
-- never changed or deleted once a run is committed. Amounts are minor units,
-- instants are microseconds since 1970 UTC, days are yyyy-mm-dd.

CREATE TABLE runs (
  run_no      BIGINT PRIMARY KEY,
  company     TEXT NOT NULL,
  run_id      TEXT NOT NULL,
  date_from   TEXT NOT NULL,
  date_to     TEXT NOT NULL,
  as_of       TEXT NOT NULL,
  attempt     BIGINT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('RUNNING', 'COMMITTED', 'FAILED')),
  outcome     TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'DONE', 'DONE_WITH_EXCEPTIONS', 'UNCHANGED')),
  started_us  BIGINT NOT NULL,
  ended_us    BIGINT NOT NULL DEFAULT 0,
  software    TEXT NOT NULL,
  config_hash TEXT NOT NULL,
  rules_hash  TEXT NOT NULL,
  operator    TEXT NOT NULL,
  failure     TEXT NOT NULL DEFAULT '',
  CHECK ((state = 'RUNNING') = (ended_us = 0))
);
CREATE UNIQUE INDEX runs_attempt ON runs (company, date_from, date_to, as_of, attempt);

-- Counts without gaps: the last number given, by what is counted.
CREATE TABLE counters (
  name TEXT PRIMARY KEY,
  last BIGINT NOT NULL
);

-- One active run a company (GL-23). fence rises with every holder; a commit under an old one is refused.
CREATE TABLE locks (
  company  TEXT PRIMARY KEY,
  fence    BIGINT NOT NULL,
  run_no   BIGINT NOT NULL,
  holder   TEXT NOT NULL,
  until_us BIGINT NOT NULL
);

CREATE TABLE files (
  company    TEXT NOT NULL,
  role       TEXT NOT NULL,
  sha256     TEXT NOT NULL,
  name       TEXT NOT NULL,
  size       BIGINT NOT NULL,
  first_run  BIGINT NOT NULL REFERENCES runs (run_no),
  first_day  TEXT NOT NULL,
  last_day   TEXT NOT NULL,
  report     TEXT NOT NULL,
  PRIMARY KEY (company, role, sha256)
);

CREATE TABLE run_files (
  run_no BIGINT NOT NULL REFERENCES runs (run_no),
  seq    BIGINT NOT NULL,
  role   TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  name   TEXT NOT NULL,
  report TEXT NOT NULL,
  PRIMARY KEY (run_no, seq)
);

-- Everything that has an outcome, as each run that changed it left it.
CREATE TABLE item_versions (
  run_no   BIGINT NOT NULL REFERENCES runs (run_no),
  side     TEXT NOT NULL CHECK (side IN ('event', 'doc', 'deposit', 'bank', 'act')),
  item_key TEXT NOT NULL,
  merchant TEXT NOT NULL,
  currency TEXT NOT NULL,
  settled  TEXT NOT NULL,
  effect   BIGINT NOT NULL,
  held     BIGINT NOT NULL,
  hash     TEXT NOT NULL,
  body     TEXT NOT NULL,
  PRIMARY KEY (run_no, side, item_key)
);

-- Which version counts: moved by the commit of a run.
CREATE TABLE items (
  company  TEXT NOT NULL,
  side     TEXT NOT NULL,
  item_key TEXT NOT NULL,
  run_no   BIGINT NOT NULL,
  merchant TEXT NOT NULL,
  currency TEXT NOT NULL,
  settled  TEXT NOT NULL,
  effect   BIGINT NOT NULL,
  held     BIGINT NOT NULL,
  hash     TEXT NOT NULL,
  PRIMARY KEY (company, side, item_key),
  FOREIGN KEY (run_no, side, item_key) REFERENCES item_versions (run_no, side, item_key)
);

CREATE TABLE contributions (
  company     TEXT NOT NULL,
  scope       TEXT NOT NULL,
  natural_key TEXT NOT NULL,
  account     TEXT NOT NULL,
  side        TEXT NOT NULL CHECK (side IN ('D', 'C')),
  label       TEXT NOT NULL,
  rule_id     TEXT NOT NULL,
  amount      BIGINT NOT NULL CHECK (amount >= 0),
  base        BIGINT NOT NULL,
  based       BOOLEAN NOT NULL,
  sources     TEXT NOT NULL,
  run_no      BIGINT NOT NULL REFERENCES runs (run_no),
  PRIMARY KEY (company, scope, natural_key, account, side, label, rule_id)
);

CREATE TABLE entries (
  company      TEXT NOT NULL,
  entry_no     TEXT NOT NULL,
  revision     BIGINT NOT NULL,
  natural_key  TEXT NOT NULL,
  correction   TEXT NOT NULL,
  posting_date TEXT NOT NULL,
  merchant     TEXT NOT NULL,
  currency     TEXT NOT NULL,
  class        TEXT NOT NULL CHECK (class IN ('SETTLE', 'FUND', 'BANK', 'RECLASS')),
  change       TEXT NOT NULL CHECK (change IN ('NEW', 'REVISED', 'VOID', 'CORRECTION')),
  base         TEXT NOT NULL,
  rate         TEXT NOT NULL,
  memo         TEXT NOT NULL,
  corrects     TEXT NOT NULL,
  run_no       BIGINT NOT NULL REFERENCES runs (run_no),
  PRIMARY KEY (company, entry_no, revision)
);
CREATE UNIQUE INDEX entries_key ON entries (company, natural_key, correction, revision);

CREATE TABLE entry_lines (
  company  TEXT NOT NULL,
  entry_no TEXT NOT NULL,
  revision BIGINT NOT NULL,
  line_no  BIGINT NOT NULL,
  account  TEXT NOT NULL,
  side     TEXT NOT NULL CHECK (side IN ('D', 'C')),
  label    TEXT NOT NULL,
  amount   BIGINT NOT NULL CHECK (amount >= 0),
  base     BIGINT NOT NULL CHECK (base >= 0),
  rule_id  TEXT NOT NULL,
  rule_table TEXT NOT NULL,
  role     TEXT NOT NULL,
  memo     TEXT NOT NULL,
  sources  TEXT NOT NULL,
  PRIMARY KEY (company, entry_no, revision, line_no),
  FOREIGN KEY (company, entry_no, revision) REFERENCES entries (company, entry_no, revision)
);

CREATE TABLE exceptions (
  company    TEXT NOT NULL,
  id         TEXT NOT NULL,
  side       TEXT NOT NULL,
  item_key   TEXT NOT NULL,
  reason     TEXT NOT NULL,
  status     TEXT NOT NULL CHECK (status IN ('NEW', 'CARRIED', 'REOPENED', 'CLOSED')),
  first_seen TEXT NOT NULL,
  body       TEXT NOT NULL,
  PRIMARY KEY (company, id),
  CHECK (first_seen <> '')
);

CREATE TABLE exception_history (
  company TEXT NOT NULL,
  id      TEXT NOT NULL,
  run_no  BIGINT NOT NULL REFERENCES runs (run_no),
  reason  TEXT NOT NULL,
  status  TEXT NOT NULL,
  cause   TEXT NOT NULL,
  PRIMARY KEY (company, id, run_no)
);

CREATE TABLE artifacts (
  run_no    BIGINT NOT NULL REFERENCES runs (run_no),
  kind      TEXT NOT NULL,
  name      TEXT NOT NULL,
  sha256    TEXT NOT NULL,
  size      BIGINT NOT NULL,
  published BOOLEAN NOT NULL,
  PRIMARY KEY (run_no, kind)
);

-- What is owed to the general ledger: planned by the commit, released and
-- delivered one step at a time.
CREATE TABLE deliveries (
  company   TEXT NOT NULL,
  target    TEXT NOT NULL,
  run_no    BIGINT NOT NULL REFERENCES runs (run_no),
  state     TEXT NOT NULL CHECK (state IN ('PLANNED', 'APPROVED', 'BUILT', 'DELIVERED')),
  sequence  BIGINT NOT NULL,
  name      TEXT NOT NULL,
  sha256    TEXT NOT NULL,
  size      BIGINT NOT NULL,
  date_from TEXT NOT NULL,
  date_to   TEXT NOT NULL,
  PRIMARY KEY (company, target, run_no),
  CHECK ((state = 'PLANNED') = (sequence = 0))
);
CREATE UNIQUE INDEX deliveries_sequence ON deliveries (company, target, sequence) WHERE sequence > 0;

CREATE TABLE delivery_entries (
  company  TEXT NOT NULL,
  target   TEXT NOT NULL,
  entry_no TEXT NOT NULL,
  revision BIGINT NOT NULL,
  run_no   BIGINT NOT NULL,
  PRIMARY KEY (company, target, entry_no),
  FOREIGN KEY (company, target, run_no) REFERENCES deliveries (company, target, run_no),
  FOREIGN KEY (company, entry_no, revision) REFERENCES entries (company, entry_no, revision)
);
