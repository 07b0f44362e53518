package sagepro

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// Exports is the door to CSV files of whole tables, one a table, as a report
// writer or COPY TO makes them: armast.csv or armast01.csv, column names in the first line.
type Exports struct {
	Dir        string
	Company    *Company
	Delimiter  rune   // 0: comma
	Encoding   string // "": utf-8; or windows-1252
	DateFormat string // Go layout; "": 2006-01-02
}

// Columns lists the columns of a table by the first line of its file.
func (e *Exports) Columns(_ context.Context, table string) ([]Column, error) {
	f, rows, err := e.open(table)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var columns []Column
	for _, name := range rows.header {
		columns = append(columns, Column{Name: name, Type: "text"})
	}
	return columns, nil
}

// Rows reads the file of a table. All its rows come.
func (e *Exports) Rows(ctx context.Context, q Query) (Rows, error) {
	_, rows, err := e.open(q.Table)
	if err != nil {
		return nil, err
	}
	rows.ctx, rows.layout = ctx, cmp.Or(e.DateFormat, time.DateOnly)
	for _, name := range q.Columns {
		at := slices.IndexFunc(rows.header, func(h string) bool { return strings.EqualFold(h, name) })
		if at < 0 {
			return nil, errors.Join(fmt.Errorf("%s has no column %s", rows.file.Name(), name), rows.Close())
		}
		rows.at = append(rows.at, at)
		rows.date = append(rows.date, rows.layout != time.DateOnly && slices.Contains(q.Dates, name))
	}
	return rows, nil
}

// open finds the file of a table, by its name with or without the company's number, whatever their case.
func (e *Exports) open(table string) (*os.File, *exportRows, error) {
	entries, err := os.ReadDir(e.Dir)
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range entries {
		stem, isCSV := strings.CutSuffix(strings.ToLower(entry.Name()), ".csv")
		if !isCSV || stem != table && stem != strings.ToLower(e.Company.name(table)) {
			continue
		}
		f, err := os.Open(filepath.Join(e.Dir, entry.Name()))
		if err != nil {
			return nil, nil, asBusy(err)
		}
		rows, err := e.header(f)
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("%s: %w", entry.Name(), err), f.Close())
		}
		return f, rows, nil
	}
	return nil, nil, fmt.Errorf("%w: no file %s.csv in %s", ErrNoTable, table, e.Dir)
}

func (e *Exports) header(f *os.File) (*exportRows, error) {
	var r io.Reader = bufio.NewReaderSize(f, 256<<10)
	if e.Encoding == windows1252 {
		r = transform.NewReader(r, charmap.Windows1252.NewDecoder())
	}
	rows := &exportRows{file: f, csv: csv.NewReader(r)}
	rows.csv.Comma, rows.csv.ReuseRecord = cmp.Or(e.Delimiter, ','), true
	first, err := rows.csv.Read()
	if err != nil {
		return nil, fmt.Errorf("it has no line of column names: %w", err)
	}
	for _, name := range first {
		rows.header = append(rows.header, strings.TrimSpace(strings.TrimPrefix(name, "\uFEFF")))
	}
	return rows, nil
}

type exportRows struct {
	ctx    context.Context
	file   *os.File
	csv    *csv.Reader
	header []string
	layout string
	at     []int
	date   []bool // the column is a date in another layout than ours
	record []string
	line   int
	err    error
}

func (r *exportRows) Next() bool {
	if r.err = r.ctx.Err(); r.err != nil {
		return false
	}
	r.record, r.err = r.csv.Read()
	if r.err == nil {
		r.line, _ = r.csv.FieldPos(0)
	}
	return r.err == nil
}

func (r *exportRows) Text(i int) ([]byte, error) {
	text := strings.TrimRight(r.record[r.at[i]], " ")
	if r.date[i] && text != "" {
		day, err := time.Parse(r.layout, text)
		if err != nil {
			return nil, fmt.Errorf("is no date of the form %s", r.layout)
		}
		text = day.Format(time.DateOnly)
	}
	return []byte(text), nil
}

func (r *exportRows) Number() int { return r.line }

func (r *exportRows) Err() error {
	if errors.Is(r.err, io.EOF) {
		return nil
	}
	return r.err
}

func (r *exportRows) Close() error { return r.file.Close() }
