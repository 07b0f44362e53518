package recon

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"

	"tieout/ledger/money"
)

// FileVerdict is what became of an input file as a whole (R8).
type FileVerdict string

// The verdicts. Structure errors condemn a file, value errors only their row.
const (
	FileAccepted    FileVerdict = "ACCEPTED"     // every row is used
	FilePartial     FileVerdict = "PARTIAL"      // some rows are quarantined
	FileQuarantined FileVerdict = "QUARANTINED"  // condemned: no row is used
	FileNotAReport  FileVerdict = "NOT_A_REPORT" // empty, HTML, JSON error: a failed download
)

// MaxFindings is how many findings of a file are listed; one more says how many there are beyond.
const MaxFindings = 1000

// Finding is one thing that is wrong with, or worth knowing of, a file.
type Finding struct {
	Line    int    `json:"line"`   // physical line where the fault begins; 0: the file as a whole
	Column  string `json:"column"` // name of the column; "" where no column is meant
	Code    string `json:"code"`   // stable, lower_snake
	Message string `json:"message"`
}

// RowCounts says what became of the rows of a file; total = accepted + quarantined + duplicate.
type RowCounts struct {
	Total       int `json:"total"`
	Accepted    int `json:"accepted"`
	Quarantined int `json:"quarantined"`
	Duplicate   int `json:"duplicate"`
}

// FileReport is one object of inputs.json: what was read from one file. The
// reader fills it as far as it can see; stage 0, which knows the other rows,
// completes counts and totals with [FileReport.Judge].
type FileReport struct {
	File     string            `json:"file"`             // base name
	SHA256   string            `json:"sha256,omitempty"` // absent if card data was found (R7)
	Kind     string            `json:"kind"`
	Verdict  FileVerdict       `json:"verdict"`
	Rows     RowCounts         `json:"rows"`
	Totals   map[string]string `json:"totals"` // signed decimal by currency
	Findings []Finding         `json:"findings"`

	Size int64 `json:"-"`
	// Merchant, ReportName, Version and Window are what line 1 of a processor report says of itself.
	Merchant, ReportName, Version, Window string `json:"-"`

	apart  map[string]string // amounts that are shown and are no part of Totals
	beyond int               // findings that the list has no place for
}

// NewFileReport starts the report on a file that nothing is wrong with yet.
func NewFileReport(file, kind string) FileReport {
	return FileReport{File: file, Kind: kind, Verdict: FileAccepted, Totals: map[string]string{}, Findings: []Finding{}}
}

// Note lists a finding, or counts it once the list is full.
func (f *FileReport) Note(finding Finding) {
	if len(f.Findings) >= MaxFindings {
		f.beyond++
		return
	}
	f.Findings = append(f.Findings, finding)
}

// NoteBeyond counts findings that their finder had no place for.
func (f *FileReport) NoteBeyond(n int) { f.beyond += n }

// Close adds the finding that says how many findings are not listed.
func (f *FileReport) Close() {
	if f.beyond > 0 {
		f.Findings = append(f.Findings, Finding{
			Code: "more_findings", Message: fmt.Sprintf("%d more findings are not listed; repair the listed ones and read the file again", f.beyond),
		})
		f.beyond = 0
	}
}

// Condemn sets a verdict under which no row of the file is used.
func (f *FileReport) Condemn(verdict FileVerdict) {
	f.Verdict = verdict
	f.Rows.Accepted, f.Rows.Duplicate, f.Rows.Quarantined = 0, 0, f.Rows.Total
	f.Totals = map[string]string{}
}

// Overfill condemns a file with whose rows a table of the run would hold more text than
// it can. That comes first of its findings: it is no fault of the file.
func (f *FileReport) Overfill() {
	f.Condemn(FileQuarantined)
	f.Findings = slices.Insert(f.Findings, 0, Finding{
		Code: "too_much_text", Message: "with this file this run's files hold more than 16 GiB of text; reconcile fewer at once",
	})
}

// Condemned tells a file of which no row is used.
func (f *FileReport) Condemned() bool {
	return f.Verdict == FileQuarantined || f.Verdict == FileNotAReport
}

// Reason is why no row of a condemned file is used, in one sentence.
func (f *FileReport) Reason() string {
	switch {
	case len(f.Findings) == 0:
		return "no row of the file could be used"
	case f.Findings[0].Line == 0:
		return f.Findings[0].Message
	}
	return fmt.Sprintf("line %d: %s", f.Findings[0].Line, f.Findings[0].Message)
}

// Judge completes counts and totals of a file that is not condemned: so many
// rows are INVALID_ROW, so many DUPLICATE_ROW, and what is accepted adds up to its totals.
func (f *FileReport) Judge(counts *FileCount) {
	if f.Condemned() {
		return
	}
	f.Rows.Quarantined, f.Rows.Duplicate = counts.Quarantined, counts.Duplicate
	f.Rows.Accepted = f.Rows.Total - counts.Quarantined - counts.Duplicate
	f.Verdict = FileAccepted
	if counts.Quarantined > 0 {
		f.Verdict = FilePartial
	}
	f.Totals, f.apart = counts.Totals.Texts(), counts.Apart.Texts()
}

// MarshalJSON writes lists and totals that hold nothing as empty, never as null.
func (f FileReport) MarshalJSON() ([]byte, error) {
	type plain FileReport
	if f.Findings == nil {
		f.Findings = []Finding{}
	}
	if f.Totals == nil {
		f.Totals = map[string]string{}
	}
	return json.Marshal(plain(f))
}

// ControlTotals adds up amounts by currency without ever overflowing: a total
// may be too large for an entry and must be shown all the same.
type ControlTotals map[money.Currency]*big.Int

// Add counts so many minor units of the currency.
func (c ControlTotals) Add(minor int64, currency money.Currency) {
	sum := c[currency]
	if sum == nil {
		sum = new(big.Int)
		c[currency] = sum
	}
	sum.Add(sum, big.NewInt(minor))
}

// addAll counts what other totals count.
func (c ControlTotals) addAll(other ControlTotals) {
	for currency, minor := range other {
		if sum := c[currency]; sum != nil {
			sum.Add(sum, minor)
		} else {
			c[currency] = new(big.Int).Set(minor)
		}
	}
}

// Texts are the totals as plain decimals by currency code.
func (c ControlTotals) Texts() map[string]string {
	texts := make(map[string]string, len(c))
	for currency, sum := range c {
		texts[currency.String()] = decimal(sum, currency.Digits())
	}
	return texts
}

func decimal(sum *big.Int, digits int) string {
	text := new(big.Int).Abs(sum).String()
	for len(text) <= digits {
		text = "0" + text
	}
	if digits > 0 {
		text = text[:len(text)-digits] + "." + text[len(text)-digits:]
	}
	if sum.Sign() < 0 {
		return "-" + text
	}
	return text
}
