package unposted

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"time"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/ledger/posting"
	"tieout/recon"
	"tieout/recon/sagepro/dbf"
)

// Name is what the configuration calls the format.
const Name = "sage-pro-unposted"

// Format is the posting format of the layout: three files that are one delivery.
func (l Layout) Format() posting.Format {
	l = l.withDefaults()
	return posting.Format{Name: Name, Write: l.write, Prove: l.prove}
}

func (l Layout) write(h posting.Header, entries []ledger.Entry) (posting.Drop, error) {
	if len(entries) == 0 {
		return posting.Drop{}, posting.ErrNothingToPost
	}
	totals, err := posting.Check(h, entries)
	if err != nil {
		return posting.Drop{}, err
	}
	vouchers, cuts, err := l.vouchers(entries)
	if err != nil {
		return posting.Drop{}, fmt.Errorf("%s: %w", Name, err)
	}
	if len(vouchers) == 0 {
		return posting.Drop{}, posting.ErrNothingToPost
	}
	parts, err := l.render(h, vouchers)
	if err != nil {
		return posting.Drop{}, fmt.Errorf("%s: %w", Name, err)
	}
	return posting.Drop{Parts: parts, Totals: totals, Cuts: cuts}, nil
}

// vouchers are the entries as far as they fit the columns, with accounts as the ERP stores them.
func (l Layout) vouchers(entries []ledger.Entry) ([]posting.Voucher, []posting.Cut, error) {
	number := min(l.widthOf(Headers, "glrefr"), l.widthOf(Headers, "toentry"), l.widthOf(Details, "toentry"))
	widths := posting.Widths{Number: number, Account: 254, Text: l.widthOf(Headers, "gltdes"), LineText: l.widthOf(Details, "gltdes")}
	all, cuts, err := widths.Vouchers(entries)
	if err != nil {
		return nil, nil, err
	}
	for _, v := range all {
		for i := range v.Lines {
			if v.Lines[i].Account, err = l.Account(v.Lines[i].Account); err != nil {
				return nil, nil, fmt.Errorf("entry %s line %d: %w", v.Number, i+1, err)
			}
		}
	}
	return all, cuts, nil
}

// row is a row of a table by column; a column that is not there is blank.
type row map[string]string

// render makes the three files.
func (l Layout) render(h posting.Header, vouchers []posting.Voucher) ([]posting.Part, error) {
	rows, err := l.rows(h, vouchers)
	if err != nil {
		return nil, err
	}
	var parts []posting.Part
	for _, name := range []string{Batches, Headers, Details} {
		fields := l.fields(name, h.Base)
		part := posting.Part{Table: name, Extension: "csv"}
		if l.DBF {
			part.Extension = "dbf"
			part.Bytes, err = l.table(h, fields, rows[name])
		} else {
			part.Bytes, err = l.csv(fields, rows[name])
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// batch is what GLBTCH says of the entries of a fiscal period.
type batch struct {
	period         string
	debits         money.Amount
	entries, lines int
}

// rows are the rows of each table. Batches are in the order of their periods.
func (l Layout) rows(h posting.Header, vouchers []posting.Voucher) (map[string][]row, error) {
	all := map[string][]row{}
	var batches []batch
	for _, v := range vouchers {
		period, err := l.Period(v.Date)
		if err != nil {
			return nil, fmt.Errorf("entry %s: %w", v.Number, err)
		}
		i := slices.IndexFunc(batches, func(b batch) bool { return b.period == period })
		if i < 0 {
			i, batches = len(batches), append(batches, batch{period: period, debits: money.New(0, h.Base)})
		}
		all[Headers] = append(all[Headers], l.header(h, v, period))
		for n, line := range v.Lines {
			if line.Amount.Sign() > 0 {
				if batches[i].debits, err = batches[i].debits.Add(line.Amount); err != nil {
					return nil, fmt.Errorf("entry %s: %w", v.Number, err)
				}
			}
			all[Details] = append(all[Details], l.detail(h, v, period, n))
		}
		batches[i].entries++
		batches[i].lines += len(v.Lines)
	}
	slices.SortFunc(batches, func(a, b batch) int { return bytes.Compare([]byte(a.period), []byte(b.period)) })
	for _, b := range batches {
		all[Batches] = append(all[Batches], l.batch(h, b))
	}
	return all, nil
}

// link is what ties a batch's rows together.
func link(h posting.Header, period string) string { return h.FileID() + "-" + period }

// batch totals: an entry balances, so a batch does, and no line is added for it.
func (l Layout) batch(h posting.Header, b batch) row {
	total := b.debits.String()
	return l.audited(h, row{
		"bdesc": "tieout " + h.From.String() + " " + h.To.String(), "yearprd": b.period, "bref": h.FileID(), "btype": l.Constants["btype"], "bstat": l.Constants["bstat"],
		"ctrltot": total, "drtotal": total, "crtotal": total, "tobatch": link(h, b.period), "toentries": strconv.Itoa(b.entries), "tolines": strconv.Itoa(b.lines),
	})
}

func (l Layout) header(h posting.Header, v posting.Voucher, period string) row {
	return l.audited(h, row{
		"gltdes": v.Text, "glrefr": v.Number, "gldate": v.Date.String(), "yearprd": period, "status": l.Constants["status"], "trtype": l.Constants["trtype"],
		"glmodule": l.Constants["glmodule"], "glcomp": l.Company, "glrevrs": l.Constants["glrevrs"],
		"tobatch": link(h, period), "toentry": v.Number, "tolines": strconv.Itoa(len(v.Lines)),
	})
}

func (l Layout) detail(h posting.Header, v posting.Voucher, period string, n int) row {
	line, zero := v.Lines[n], money.New(0, h.Base).String()
	r := row{
		"glacnt": line.Account, "gltdes": line.Text, "gldamnt": line.Amount.String(), "glcamnt": zero, "credit": "F",
		"tobatch": link(h, period), "toentry": v.Number, "toline": strconv.Itoa(n + 1),
	}
	if line.Amount.Sign() < 0 {
		r["gldamnt"], r["glcamnt"], r["credit"] = zero, line.Amount.Neg().String(), "T"
	}
	return l.audited(h, r)
}

// audited says who made a row, and when: the day of the run, never the clock.
func (l Layout) audited(h posting.Header, r row) row {
	r["adduser"], r["adddate"], r["addtime"] = l.Constants["adduser"], h.Created[:len(time.DateOnly)], h.Created[len("2006-01-02T"):len("2006-01-02T15:04:05")]
	return r
}

// csv is a table as text with a heading, in the code page, with CR LF.
func (l Layout) csv(fields []dbf.Field, rows []row) ([]byte, error) {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	w.UseCRLF = true
	_ = w.Write(names(fields)) // a bytes.Buffer takes everything
	for _, r := range rows {
		cells := make([]string, len(fields))
		for i, f := range fields {
			value, err := l.cell(f, r[lower(f)])
			if err != nil {
				return nil, fmt.Errorf("%s: column %s: %w", r["toentry"], f.Name, err)
			}
			cells[i] = value
		}
		_ = w.Write(cells)
	}
	w.Flush()
	encoded, err := dbf.Encoding(l.CodePage).NewEncoder().Bytes(text.Bytes())
	if err != nil {
		return nil, fmt.Errorf("a text has a character that %s does not have", l.CodePage)
	}
	return encoded, nil
}

// cell is a value as CSV has it. What a table would refuse is refused here, too.
func (l Layout) cell(f dbf.Field, value string) (string, error) {
	if f.Type == 'D' && value != "" {
		d, err := recon.ParseDate(value)
		if err != nil {
			return "", err
		}
		day, err := time.Parse(time.DateOnly, d.String())
		return day.Format(l.Dates), err
	}
	encoded, err := dbf.Encoding(l.CodePage).NewEncoder().String(value)
	if err != nil {
		return "", fmt.Errorf("%q has a character that %s does not have", value, l.CodePage)
	}
	if len(encoded) > f.Width {
		return "", fmt.Errorf("%q is longer than the %d characters of its column", value, f.Width)
	}
	return value, nil
}

// table is a new DBF table.
func (l Layout) table(h posting.Header, fields []dbf.Field, rows []row) ([]byte, error) {
	made, err := time.Parse(time.DateOnly, h.Created[:len(time.DateOnly)])
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w, err := dbf.NewWriter(&out, dbf.Layout{Version: l.Version, CodePage: l.CodePage, Fields: fields, Rows: len(rows), Year: made.Year(), Month: int(made.Month()), Day: made.Day()})
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		cells := make([]string, len(fields))
		for i, f := range fields {
			cells[i] = r[lower(f)]
		}
		if err := w.Write(cells...); err != nil {
			return nil, fmt.Errorf("%s: %w", r["toentry"], err)
		}
	}
	err = w.Close()
	return out.Bytes(), err
}
