-- +goose Up
-- What a fetched report holds, as found when it came (JSON).
ALTER TABLE report_cells ADD COLUMN judged TEXT NOT NULL DEFAULT 'null';
