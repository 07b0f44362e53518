package unposted

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/ledger/posting"
	"tieout/recon"
	"tieout/recon/sagepro/dbf"
)

func names(fields []dbf.Field) []string {
	all := make([]string, len(fields))
	for i := range fields {
		all[i] = fields[i].Name
	}
	return all
}

// lower is the name of a column as rows have it.
func lower(f dbf.Field) string { return strings.ToLower(f.Name) }

// prove reads the files back, compares them with the entries, and then byte by
// byte with what is written for them (INV-11).
func (l Layout) prove(parts []posting.Part, h posting.Header, entries []ledger.Entry) error {
	id, found, err := l.Read(parts, h.Base)
	if err != nil {
		return err
	}
	if id != h.FileID() {
		return fmt.Errorf("INV-11: %s: the files are %s, must be %s", Name, id, h.FileID())
	}
	wanted, _, err := l.vouchers(entries)
	if err != nil {
		return err
	}
	if err := posting.SameVouchers(found, wanted); err != nil {
		return fmt.Errorf("INV-11: %s: %w", Name, err)
	}
	again, err := l.render(h, wanted)
	if err != nil {
		return err
	}
	for i := range again {
		if again[i].Table != parts[i].Table || !bytes.Equal(again[i].Bytes, parts[i].Bytes) {
			return fmt.Errorf("INV-11: %s: %s differs from what is written for its entries", Name, again[i].Table)
		}
	}
	return nil
}

// Read reads the three files as an importer does and gives the file id and the
// entries. It refuses rows that belong to nothing, numbers that are not blank,
// and every count or total that is not that of the rows. The error names table,
// row and column.
func (l Layout) Read(parts []posting.Part, base money.Currency) (fileID string, entries []posting.Voucher, err error) {
	l = l.withDefaults()
	tables := map[string][]row{}
	order := []string{Batches, Headers, Details}
	if len(parts) != len(order) {
		return "", nil, fmt.Errorf("%s: %d files where %d are due", Name, len(parts), len(order))
	}
	for i, name := range order {
		if tables[name], err = l.readTable(name, parts[i].Bytes, base); err != nil {
			return "", nil, fmt.Errorf("%s: %s: %w", Name, name, err)
		}
	}
	b := &batches{base: base, by: map[string]*batch{}, periods: map[string]string{}}
	for _, step := range []func(map[string][]row) error{b.readBatches, b.readHeaders, b.readDetails, b.compare} {
		if err := step(tables); err != nil {
			return "", nil, fmt.Errorf("%s: %w", Name, err)
		}
	}
	return b.id, b.entries, nil
}

func (l Layout) readTable(name string, file []byte, base money.Currency) ([]row, error) {
	fields := l.fields(name, base)
	if l.DBF {
		return readDBF(file, fields)
	}
	return l.readCSV(file, fields)
}

func readDBF(file []byte, fields []dbf.Field) ([]row, error) {
	t, err := dbf.Open(bytes.NewReader(file), int64(len(file)), dbf.Options{})
	if err != nil {
		return nil, err
	}
	same := func(a, b dbf.Field) bool {
		return a.Name == b.Name && a.Type == b.Type && a.Width == b.Width && a.Decimals == b.Decimals
	}
	if !slices.EqualFunc(t.Fields(), fields, same) || t.Trailing != 0 {
		return nil, errors.New("its columns are not those of the layout, or bytes follow the last row")
	}
	var all []row
	rows := t.Rows()
	for rows.Next() {
		if rows.Deleted() {
			return nil, fmt.Errorf("row %d is deleted", rows.Number())
		}
		r := row{}
		for i, f := range fields {
			text, err := rows.Text(i)
			if err != nil {
				return nil, err
			}
			r[lower(f)] = string(text)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

func (l Layout) readCSV(file []byte, fields []dbf.Field) ([]row, error) {
	text, err := dbf.Encoding(l.CodePage).NewDecoder().Bytes(file)
	if err != nil {
		return nil, err
	}
	if !bytes.HasSuffix(text, []byte("\r\n")) {
		return nil, errors.New("the file does not end with a line end")
	}
	in := csv.NewReader(bytes.NewReader(text))
	heading, err := in.Read()
	if err != nil || !slices.Equal(heading, names(fields)) {
		return nil, fmt.Errorf("the heading is not %s", strings.Join(names(fields), ","))
	}
	var all []row
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		r := row{}
		for i, f := range fields {
			r[lower(f)] = cells[i]
			if f.Type == 'D' && cells[i] != "" {
				day, err := time.Parse(l.Dates, cells[i])
				if err != nil {
					return nil, fmt.Errorf("row %d, column %s: %q is no date", len(all)+1, f.Name, cells[i])
				}
				r[lower(f)] = day.Format(time.DateOnly)
			}
		}
		all = append(all, r)
	}
}

// batches are the rows of the three files as they are put together.
type batches struct {
	base    money.Currency
	id      string
	by      map[string]*batch // what GLHUNP and GLDUNP have, by TOBATCH
	periods map[string]string // of a batch
	entries []posting.Voucher
	batch   []string // of each entry
	lines   []string // that GLHUNP says of each entry
}

func fault(table string, i int, column, format string, args ...any) error {
	return fmt.Errorf("%s row %d, column %s: %s", table, i+1, strings.ToUpper(column), fmt.Sprintf(format, args...))
}

// unnumbered refuses a row that has a number which only the ERP gives.
func unnumbered(table string, i int, r row) error {
	for _, column := range []string{"batchno", "glseqno", "lowseq", "uppseq"} {
		if r[column] != "" {
			return fault(table, i, column, "%q, and it is the importer's to give", r[column])
		}
	}
	return nil
}

func (b *batches) readBatches(tables map[string][]row) error {
	for i, r := range tables[Batches] {
		if err := unnumbered(Batches, i, r); err != nil {
			return err
		}
		if b.id == "" {
			b.id = r["bref"]
		}
		switch {
		case r["bref"] != b.id || b.id == "":
			return fault(Batches, i, "bref", "%q is not the file's %q", r["bref"], b.id)
		case r["tobatch"] != r["bref"]+"-"+r["yearprd"]:
			return fault(Batches, i, "tobatch", "%q is not made of reference and period", r["tobatch"])
		case b.by[r["tobatch"]] != nil:
			return fault(Batches, i, "tobatch", "%q is there twice", r["tobatch"])
		}
		b.by[r["tobatch"]] = &batch{period: r["yearprd"], debits: money.New(0, b.base)}
	}
	return nil
}

func (b *batches) readHeaders(tables map[string][]row) error {
	seen := map[string]bool{}
	for i, r := range tables[Headers] {
		if err := unnumbered(Headers, i, r); err != nil {
			return err
		}
		of, date := b.by[r["tobatch"]], recon.Date(0)
		switch {
		case of == nil:
			return fault(Headers, i, "tobatch", "%q is no batch", r["tobatch"])
		case r["yearprd"] != of.period:
			return fault(Headers, i, "yearprd", "%q is not the batch's %q", r["yearprd"], of.period)
		case r["toentry"] == "" || seen[r["toentry"]] || r["glrefr"] != r["toentry"]:
			return fault(Headers, i, "toentry", "%q is blank, there twice, or not the reference %q", r["toentry"], r["glrefr"])
		}
		if err := date.UnmarshalText([]byte(r["gldate"])); err != nil {
			return fault(Headers, i, "gldate", "%v", err)
		}
		of.entries++
		seen[r["toentry"]] = true
		b.entries = append(b.entries, posting.Voucher{Number: r["toentry"], Date: date, Text: r["gltdes"]})
		b.batch, b.lines = append(b.batch, r["tobatch"]), append(b.lines, r["tolines"])
	}
	return nil
}

func (b *batches) readDetails(tables map[string][]row) error {
	at := map[string]int{}
	for i, v := range b.entries {
		at[v.Number] = i
	}
	for i, r := range tables[Details] {
		if err := unnumbered(Details, i, r); err != nil {
			return err
		}
		entry, known := at[r["toentry"]]
		if !known || b.batch[entry] != r["tobatch"] {
			return fault(Details, i, "toentry", "%q is no entry of batch %q", r["toentry"], r["tobatch"])
		}
		v := &b.entries[entry]
		if want := strconv.Itoa(len(v.Lines) + 1); r["toline"] != want {
			return fault(Details, i, "toline", "%q, must be %s", r["toline"], want)
		}
		amount, err := b.amount(i, r)
		if err != nil {
			return err
		}
		v.Lines = append(v.Lines, posting.VoucherLine{Account: r["glacnt"], Amount: amount, Text: r["gltdes"]})
		of := b.by[r["tobatch"]]
		of.lines++
		if amount.Sign() > 0 {
			if of.debits, err = of.debits.Add(amount); err != nil {
				return fault(Details, i, "gldamnt", "%v", err)
			}
		}
	}
	return nil
}

// amount is that of a line: one of debit and credit, and the flag that says which.
func (b *batches) amount(i int, r row) (money.Amount, error) {
	debit, err1 := money.Parse(r["gldamnt"], b.base)
	credit, err2 := money.Parse(r["glcamnt"], b.base)
	if err := errors.Join(err1, err2); err != nil {
		return debit, fault(Details, i, "gldamnt", "%v", err)
	}
	switch {
	case debit.Sign() > 0 && credit.Sign() == 0 && r["credit"] == "F":
		return debit, nil
	case debit.Sign() == 0 && credit.Sign() > 0 && r["credit"] == "T":
		return credit.Neg(), nil
	}
	return debit, fault(Details, i, "credit", "%q with debit %s and credit %s", r["credit"], debit, credit)
}

// compare holds the totals and counts that the files state against their rows.
func (b *batches) compare(tables map[string][]row) error {
	for i, v := range b.entries {
		if err := v.Balanced(); err != nil {
			return err
		}
		if b.lines[i] != strconv.Itoa(len(v.Lines)) || len(v.Lines) == 0 {
			return fault(Headers, i, "tolines", "%q, and the entry has %d", b.lines[i], len(v.Lines))
		}
	}
	for i, r := range tables[Batches] {
		of := b.by[r["tobatch"]]
		total := of.debits.String()
		for _, c := range [][2]string{{"ctrltot", total}, {"drtotal", total}, {"crtotal", total}, {"toentries", strconv.Itoa(of.entries)}, {"tolines", strconv.Itoa(of.lines)}} {
			if r[c[0]] != c[1] {
				return fault(Batches, i, c[0], "%q, and the rows have %s", r[c[0]], c[1])
			}
		}
	}
	if len(b.entries) == 0 {
		return errors.New("the files have no entry")
	}
	return nil
}
