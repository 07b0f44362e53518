-- +goose Up
-- A store that was restored from a backup does not know what was delivered after
-- the backup. Files of days before the restore are looked for on their target, each
-- once, before anything of them is sent (R13).

CREATE TABLE IF NOT EXISTS restores (
  restored_us BIGINT PRIMARY KEY,
  restored_on TEXT NOT NULL,
  backup_us   BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS restore_checks (
  company TEXT NOT NULL,
  target  TEXT NOT NULL,
  run_no  BIGINT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('FOUND', 'NOT_FOUND')),
  PRIMARY KEY (company, target, run_no),
  FOREIGN KEY (company, target, run_no) REFERENCES deliveries (company, target, run_no)
);
