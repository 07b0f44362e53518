package sagepro

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"tieout/fixtures/demo"
	"tieout/fixtures/sandbox/company"
	"tieout/ledger/money"
	"tieout/recon"
)

// month is the demonstration's, grown once.
var month = sync.OnceValue(func() demo.Month { return demo.Grow(1) })

// evening is a night of the demonstration's month, as a company of a generation.
func evening(g company.Generation, night int) (*company.Company, recon.Date) {
	n := month().Nights[night]
	date, err := recon.ParseDate(n.Date)
	if err != nil {
		panic(err)
	}
	return company.Grow(company.Options{Seed: 1, Generation: g, Today: n.Date, Documents: n.Documents}), date
}

// mappingOf says what this company added to its tables.
func mappingOf(generation string) *Company {
	c := DefaultCompany(generation)
	for _, s := range []*Section{&c.Invoice, &c.Order} {
		for field, column := range map[string]string{
			"tax": "tax", "shipping": "frtamt", "surcharge": "chgamt", "merchant": "merchant", "store": "storeno", "request_id": "ccreqid", "auth_code": "ccauth", "last4": "cclast4",
		} {
			s.Fields[field] = col(column)
		}
		s.Fields["method"] = Field{Column: "pterms", Values: map[string]string{"CREDIT CARD": "CARD", "Credit card": "CARD", "VISA/MC": "CARD", "*": "CHECK"}}
	}
	c.IDs["order"] = "S{bare}"
	return c
}

// layFiles writes files below a folder.
func layFiles(t testing.TB, dir string, files []company.File) {
	t.Helper()
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func folderDoor(t testing.TB, c *Company, made *company.Company) Tables {
	t.Helper()
	f := &Folder{Dir: t.TempDir(), Scratch: t.TempDir(), Company: c, Now: func() time.Time { return time.Now().Add(time.Hour) }}
	layFiles(t, f.Dir, made.Folder())
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func exportsDoor(t testing.TB, c *Company, made *company.Company) Tables {
	t.Helper()
	e := &Exports{Dir: t.TempDir(), Company: c}
	layFiles(t, e.Dir, made.Exports())
	return e
}

// sqlite is the dialect of the tables that stand in for a SQL edition.
func sqlite() Dialect {
	return Dialect{
		Columns: func(_, table string) (string, []any) {
			return "SELECT name, type, 0 FROM pragma_table_info(?) ORDER BY cid", []any{table}
		},
		Quote:       func(name string) string { return `"` + name + `"` },
		Placeholder: func(int) string { return "?" },
		Date:        func(d recon.Date) any { return d.String() },
	}
}

func databaseDoor(t testing.TB, c *Company, made *company.Company) Tables {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "pro.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	for _, s := range append(append([]string{"BEGIN"}, made.SQL("")...), "COMMIT") {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%.100s: %v", s, err)
		}
	}
	bare := *c
	bare.TableName = "{base}"
	d := &Database{Company: &bare, Dialect: sqlite()}
	if err := d.Begin(context.Background(), db); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// documentsOf takes an extract through a door and reads it.
func documentsOf(t testing.TB, c *Company, door Tables, since recon.Date) ([]recon.Document, recon.FileReport) {
	t.Helper()
	var extract bytes.Buffer
	if err := c.Extract(context.Background(), door, since, &extract); err != nil {
		t.Fatal(err)
	}
	return readBack(t, c, extract.Bytes())
}

func readBack(t testing.TB, c *Company, extract []byte) ([]recon.Document, recon.FileReport) {
	t.Helper()
	if faults := c.Check(); len(faults) > 0 {
		t.Fatal(faults)
	}
	if !IsExtract(extract[:min(len(extract), 4096)]) {
		t.Fatalf("%.100q is not recognised", extract)
	}
	table := recon.NewDocuments(0, 0)
	report := c.ReadExtract("sage-pro.csv", 3, bytes.NewReader(extract), table)
	var docs []recon.Document
	for i := range table.Len() {
		d := table.At(i)
		d.Source = recon.Source{}
		docs = append(docs, d)
	}
	slices.SortFunc(docs, func(a, b recon.Document) int { return strings.Compare(a.ID, b.ID) })
	return docs, report
}

// wanted are the documents that the company was made of.
func wanted(t testing.TB, made *company.Company) (docs []recon.Document) {
	t.Helper()
	for _, d := range made.Documents {
		kind, okKind := recon.ParseDocType(d.Type)
		state, okState := recon.ParseDocStatus(d.Status)
		date, err := recon.ParseDate(d.Date)
		if !okKind || !okState || err != nil {
			t.Fatalf("%+v", d)
		}
		docs = append(docs, recon.Document{
			ID: idOf(d), Type: kind, OrderNo: d.OrderNo, InvoiceNo: d.InvoiceNo, CustomerNo: d.CustomerNo, Date: date, Status: state, Merchant: d.Merchant, Store: d.Store,
			Method: d.Method, Currency: money.MustCurrency(d.Currency), Amount: d.Amount, Components: d.Parts, Prior: d.Prior, RequestID: d.RequestID, AuthCode: d.AuthCode, Last4: d.Last4,
		})
	}
	slices.SortFunc(docs, func(a, b recon.Document) int { return strings.Compare(a.ID, b.ID) })
	return docs
}

// idOf is the id that the mapping makes of a number.
func idOf(d demo.Document) string {
	switch d.Type {
	case "ORDER":
		return "S" + strings.TrimLeft(d.OrderNo, " 0")
	case "CREDIT_MEMO":
		return d.InvoiceNo
	}
	return "I" + d.InvoiceNo
}

// TestDoorsGiveTheSameDocuments: a company as DBF folder, as CSV exports and as
// a SQL database gives exactly the documents that it was made of, through each
// door, for every generation; the nightly look back sees what the whole shows.
func TestDoorsGiveTheSameDocuments(t *testing.T) {
	for _, g := range []company.Generation{company.G1, company.G2, company.G3, company.G4} {
		nights := []int{3, 20}
		if g == company.G2 {
			nights = nights[:1]
		}
		for _, night := range nights {
			made, date := evening(g, night)
			c := mappingOf(string(g))
			want := wanted(t, made)
			for _, door := range []struct {
				name string
				open func(testing.TB, *Company, *company.Company) Tables
			}{{"folder", folderDoor}, {"exports", exportsDoor}, {"database", databaseDoor}} {
				c := *c
				if g == company.G4 && door.name == "folder" {
					c.TableName = "{base}{company}"
				}
				got, report := documentsOf(t, &c, door.open(t, &c, made), date-60)
				if diff := cmp.Diff(want, got, sameCurrency()); diff != "" {
					t.Errorf("%s, night %d, %s: %.3000s", g, night, door.name, diff)
				}
				if report.Verdict != recon.FileAccepted || report.Rows.Accepted != len(want) {
					t.Errorf("%s, night %d, %s: %+v", g, night, door.name, report)
				}
			}
		}
	}
}
