package sagepro

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tieout/recon"
)

// stub is a driver that writes down what it is asked and answers from a list.
type stub struct {
	said    strings.Builder
	answers map[string]answer // by the name of the table asked for
	allowed int64             // whether snapshots are
	open    int               // answers that nobody has read to their end; SQL Server gives one at a time
}

type answer struct {
	columns []string
	rows    [][]driver.Value
}

func (s *stub) Connect(context.Context) (driver.Conn, error) { return stubConn{s}, nil }
func (s *stub) Driver() driver.Driver                        { return nil }

type stubConn struct{ *stub }

func (c stubConn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not prepared") }
func (c stubConn) Close() error                        { return nil }
func (c stubConn) Begin() (driver.Tx, error)           { return nil, errors.New("no isolation") }

func (c stubConn) BeginTx(_ context.Context, o driver.TxOptions) (driver.Tx, error) {
	fmt.Fprintf(&c.said, "BEGIN %s\n", sql.IsolationLevel(o.Isolation))
	return stubTx(c), nil
}

type stubTx struct{ *stub }

func (t stubTx) Commit() error   { return errors.New("nothing is written") }
func (t stubTx) Rollback() error { t.said.WriteString("ROLLBACK\n"); return nil }

func (c stubConn) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.said.WriteString(query + "\n")
	if c.open > 0 {
		return nil, errors.New("another answer is being read")
	}
	c.open++
	var table string
	for _, a := range args {
		text := fmt.Sprint(a.Value)
		if at, isTime := a.Value.(time.Time); isTime {
			text = at.Format(time.DateOnly)
		}
		fmt.Fprintf(&c.said, "   @p%d %s\n", a.Ordinal, text)
		table = text
	}
	switch {
	case strings.Contains(query, "sys.databases"):
		return &stubRows{answer{[]string{""}, [][]driver.Value{{c.allowed}}}, 0, c.stub}, nil
	case strings.Contains(query, "INFORMATION_SCHEMA"):
		var rows [][]driver.Value
		for _, name := range c.answers[table].columns {
			rows = append(rows, []driver.Value{name, "money", int64(0)})
		}
		return &stubRows{answer{[]string{"n", "t", "w"}, rows}, 0, c.stub}, nil
	}
	_, from, _ := strings.Cut(query, " FROM [PRO01].[dbo].[")
	name, _, _ := strings.Cut(from, "]")
	return &stubRows{c.chosen(query, name), 0, c.stub}, nil
}

// chosen answers with the columns that the query names, in its order.
func (s *stub) chosen(query, table string) answer {
	all := s.answers[table]
	list, _, _ := strings.Cut(strings.TrimPrefix(query, "SELECT "), " FROM ")
	var out answer
	for name := range strings.SplitSeq(list, ", ") {
		out.columns = append(out.columns, strings.TrimSuffix(strings.TrimPrefix(name, "t.["), "]"))
	}
	for _, row := range all.rows {
		var picked []driver.Value
		for _, name := range out.columns {
			for i, have := range all.columns {
				if have == name {
					picked = append(picked, row[i])
				}
			}
		}
		out.rows = append(out.rows, picked)
	}
	return out
}

type stubRows struct {
	answer
	at int
	of *stub
}

func (r *stubRows) Columns() []string { return r.columns }
func (r *stubRows) Close() error      { r.of.open--; return nil }
func (r *stubRows) Next(into []driver.Value) error {
	if r.at == len(r.rows) {
		return io.EOF
	}
	copy(into, r.rows[r.at])
	r.at++
	return nil
}

// tradeOf a SQL Server edition: texts padded, decimals as bytes, bits, and dates with a time.
func tradeOf() map[string]answer {
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	none := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	headers := []string{"invno", "custno", "invdte", "ornum", "invamt", "paidamt", "balance", "currid", "arstat", "artype"}
	orders := []string{"sono", "custno", "sodate", "ordate", "ordamt", "tax", "shpamt", "currid", "sostat", "sotype"}
	cash := []string{"invno", "dtepaid", "paidamt", "disamt", "refno", "recdel"}
	return map[string]answer{
		"armast": {headers, [][]driver.Value{{"88001     ", "C1        ", day, "    104501", []byte("120.5000"), []byte("0.0000"), []byte("120.5000"), "USD", " ", nil}}},
		"arymst": {headers, nil},
		"somast": {orders, [][]driver.Value{{"    104501", "C1", none, day.Add(17 * time.Hour), []byte("120.5000"), nil, []byte("120.5000"), "USD", "C", ""}}},
		"soymst": {orders, nil},
		"arcash": {cash, [][]driver.Value{{"88001     ", day, []byte("20.0000"), []byte("0.0000"), "CK 1", false}, {"88001     ", day, []byte("20.0000"), []byte("0.0000"), "CK 2", true}}},
		"arycsh": {cash, nil},
	}
}

func sqlServerMapping() *Company {
	c := DefaultCompany(G4)
	c.Schema, c.SystemSchema = "PRO01.dbo", "PROSYS.dbo"
	return c
}

// TestSQLServerStatements: the statements are those of testdata, which names every
// column; no row is read dirty, and nothing is written.
func TestSQLServerStatements(t *testing.T) {
	c := sqlServerMapping()
	for _, allowed := range []int64{1, 0} {
		s := &stub{answers: tradeOf(), allowed: allowed}
		db := sql.OpenDB(s)
		d := &Database{Company: c, Dialect: SQLServer()}
		if err := d.Begin(context.Background(), db); err != nil {
			t.Fatal(err)
		}
		docs, report := documentsOf(t, c, d, recon.NewDate(2026, 9, 24))
		if err := errors.Join(d.Close(), db.Close()); err != nil {
			t.Error(err)
		}
		if len(docs) != 1 || summary(docs[0]) != "I88001 INVOICE SHIPPED 120.50 USD prior 20.00" || report.Verdict != recon.FileAccepted {
			t.Errorf("%+v %+v", docs, report)
		}
		said := s.said.String()
		if allowed == 0 {
			if !strings.Contains(said, "BEGIN Read Committed") {
				t.Error(said)
			}
			continue
		}
		golden := filepath.Join("testdata", "sqlserver.txt")
		if os.Getenv("TIEOUT_GOLDEN") == "write" {
			if err := os.WriteFile(golden, []byte(said), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || string(want) != said {
			t.Errorf("%v, now:\n%s", err, said)
		}
		for _, never := range []string{"*", "NOLOCK", "INSERT", "UPDATE", "DELETE"} {
			if strings.Contains(strings.ReplaceAll(said, "COUNT(*)", ""), never) {
				t.Errorf("%s is asked for", never)
			}
		}
	}
}

// TestFloatsAreNoAmounts: a floating-point column is refused when mapped, a value of that kind when read.
func TestFloatsAreNoAmounts(t *testing.T) {
	c := sqlServerMapping()
	s := &stub{answers: tradeOf()}
	s.answers["armast"].rows[0][4] = 120.5
	db := sql.OpenDB(s)
	defer db.Close()
	d := &Database{Company: c, Dialect: SQLServer()}
	if err := d.Begin(context.Background(), db); err != nil {
		t.Fatal(err)
	}
	docs, _ := documentsOf(t, c, d, 0)
	if docs[0].Fault == nil || docs[0].Fault.Code != "bad_value" || docs[0].Fault.Column != "invamt" {
		t.Errorf("%+v", docs[0].Fault)
	}
	d.Dialect.Columns = func(_, table string) (string, []any) {
		return "SELECT name FROM INFORMATION_SCHEMA -- float", []any{table}
	}
	if !d.isInexact("FLOAT") || !d.isInexact("real") || d.isInexact("money") {
		t.Error("the kinds of floating-point columns")
	}
}

// TestFoxProAsksForTexts: the driver's numbers are floating-point ones, so amounts come as text.
func TestFoxProAsksForTexts(t *testing.T) {
	c := DefaultCompany(G3)
	s := &stub{answers: map[string]answer{}}
	db := sql.OpenDB(s)
	defer db.Close()
	d := &Database{Company: c, Dialect: FoxPro()}
	if err := d.Begin(context.Background(), db); err != nil {
		t.Fatal(err)
	}
	q := Query{Table: "armast", Columns: []string{"invamt", "invno"}, Amounts: []string{"invamt"}, Window: c.Invoice.window(recon.NewDate(2026, 9, 24))}
	if _, err := d.Rows(context.Background(), q); err != nil {
		t.Fatal(err)
	}
	want := "SELECT STR(t.invamt, 20, 4), t.invno FROM armast01 t WHERE (t.invdte >= ? OR ((t.invdte IS NULL OR t.invdte <= ?)) OR t.balance <> 0)"
	if got := s.said.String(); !strings.Contains(got, want) {
		t.Error(got)
	}
	if _, err := d.Columns(context.Background(), "armast"); err != nil && !strings.Contains(s.said.String(), "WHERE 1 = 0") {
		t.Error(err, s.said.String())
	}
}

// TestOpenSQLServer checks the address before anything is asked.
func TestOpenSQLServer(t *testing.T) {
	if _, err := OpenSQLServer("sqlserver://reader@host:port/PRO01"); err == nil {
		t.Error("a port that is no number is taken")
	}
	db, err := OpenSQLServer("sqlserver://reader:x@localhost/PRO01")
	if err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
}
