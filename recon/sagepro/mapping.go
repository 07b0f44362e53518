package sagepro

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tieout/ledger/money"
	"tieout/recon"
)

// Mapping says which column of an export, or which constant, gives each field
// of a document, and what the values of coded columns mean. A field needs a
// column, a constant or a default; a value that a lookup does not list, not even
// by the entry "*" for all others, is INVALID_ROW.
type Mapping struct {
	Delimiter  rune   // 0: comma
	Encoding   string // "": utf-8; or windows-1252
	DateFormat string // Go layout; "": 2006-01-02
	Columns    map[string]string
	Constants  map[string]string
	Lookups    map[string]map[string]string
	Dimensions map[string]string // name of a dimension, without [recon.DimensionPrefix], to its column

	inFull bool // no row is plain: for the test that holds both ways side by side
}

const windows1252 = "windows-1252"

// field is one fact of a document.
type field int

const (
	docID field = iota
	docType
	docDate
	status
	currency
	amount
	method
	lastRequired = method

	orderNo field = iota - 1
	invoiceNo
	customerNo
	merchant
	store
	goods
	tax
	shipping
	surcharge
	prior
	requestID
	authCode
	last4
	fields
)

// fieldNames are the names of the fields in a mapping, in the order of the constants.
func fieldNames() [fields]string {
	return [...]string{
		"doc_id", "doc_type", "doc_date", "status", "currency", "amount", "payment_method",
		"order_no", "invoice_no", "customer_no", "merchant_id", "store", "goods", "tax", "shipping", "surcharge",
		"applied_prior", "gateway_request_id", "auth_code", "last4",
	}
}

// Check lists everything that is wrong with the mapping, each as one sentence.
func (m Mapping) Check() []error {
	var faults []error
	add := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	names := fieldNames()
	for f, name := range names {
		_, column := m.Columns[name]
		_, constant := m.Constants[name]
		switch {
		case column && constant:
			add("documents: field %s has a column and a constant; keep one of them", name)
		case !column && !constant && field(f) <= lastRequired:
			add("documents: field %s has neither a column nor a constant; add one", name)
		case m.Lookups[name] != nil && !isCoded(field(f)):
			add("documents: lookups has a table for %s, whose values are used as they are; remove the table", name)
		case m.Lookups[name] != nil && !column:
			add("documents: lookups has a table for %s, which has no column; remove the table or add the column", name)
		}
	}
	for _, table := range []map[string]string{m.Columns, m.Constants} {
		faults = append(faults, unknownFields(slices.Sorted(maps.Keys(table)))...)
	}
	faults = append(faults, unknownFields(slices.Sorted(maps.Keys(m.Lookups)))...)
	for _, name := range slices.Sorted(maps.Keys(m.Dimensions)) {
		if err := checkDimension(name); err != nil {
			add("documents: %w", err)
		}
		if strings.TrimSpace(m.Dimensions[name]) == "" {
			add("documents: the column of dimension %s has no name", name)
		}
	}
	faults = append(faults, m.checkValues()...)
	return append(faults, m.checkForm()...)
}

// isCoded tells the fields whose values a lookup may translate.
func isCoded(f field) bool {
	return slices.Contains([]field{docType, status, currency, method, merchant, store}, f)
}

func unknownFields(names []string) (faults []error) {
	known := fieldNames()
	for _, name := range names {
		if !slices.Contains(known[:], name) {
			faults = append(faults, fmt.Errorf("documents: there is no field %q; the fields are %s", name, strings.Join(known[:], ", ")))
		}
	}
	return faults
}

// checkValues checks the constants and the meanings in lookups.
func (m Mapping) checkValues() (faults []error) {
	for _, name := range [...]string{"doc_type", "status", "currency"} {
		given := slices.Sorted(maps.Values(m.Lookups[name]))
		if constant, ok := m.Constants[name]; ok {
			given = append(given, constant)
		}
		for _, value := range given {
			if !isValue(name, value) {
				faults = append(faults, fmt.Errorf("documents: %q is no %s", value, name))
			}
		}
	}
	if constant, ok := m.Constants["payment_method"]; ok && strings.TrimSpace(constant) == "" {
		faults = append(faults, fmt.Errorf("documents: the constant of payment_method is empty; write CARD or another method"))
	}
	for name, column := range m.Columns {
		if strings.TrimSpace(column) == "" {
			faults = append(faults, fmt.Errorf("documents: the column of field %s has no name", name))
		}
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return faults
}

func isValue(name, value string) (ok bool) {
	switch name {
	case "doc_type":
		_, ok = recon.ParseDocType(value)
	case "status":
		_, ok = recon.ParseDocStatus(value)
	default:
		_, err := money.ParseCurrency(value)
		ok = err == nil
	}
	return ok
}

func (m Mapping) checkForm() (faults []error) {
	switch m.Encoding {
	case "", "utf-8", windows1252:
	default:
		faults = append(faults, fmt.Errorf("documents: encoding %q is not known; it is utf-8 or windows-1252", m.Encoding))
	}
	if d := m.Delimiter; d == '"' || d == '\r' || d == '\n' || d > 0x7E {
		faults = append(faults, fmt.Errorf("documents: %q cannot be a delimiter; use a comma, semicolon, tab or vertical bar", d))
	}
	day := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	if back, err := time.Parse(m.dateFormat(), day.Format(m.dateFormat())); err != nil || recon.DateOf(back) != recon.DateOf(day) {
		faults = append(faults, fmt.Errorf("documents: date_format %q does not give year, month and day; write it as 2006-01-02 or 01/02/2006", m.DateFormat))
	}
	return faults
}

func (m Mapping) dateFormat() string {
	if m.DateFormat == "" {
		return time.DateOnly
	}
	return m.DateFormat
}

func (m Mapping) delimiter() byte {
	if m.Delimiter == 0 {
		return ','
	}
	return byte(m.Delimiter)
}

// plan is a mapping resolved against the header of a file.
type plan struct {
	form
	mapping  Mapping
	windows  bool           // the texts are Windows-1252
	at       [fields]int    // -1: no column
	constant [fields]string // of fields without a column
	mapped   []mappedColumn
	sides    []dimensionColumn
	columns  int
	header   []string
	secret   []int // columns of card verification codes that nothing maps (R7)
	missing  []string
	doubled  []string
}

// noDate is how SQL Server stores no date; earlier ones are none either.
func noDate() recon.Date { return recon.NewDate(1900, time.January, 1) }

// mappedColumn is a field and the column that gives it.
type mappedColumn struct {
	field field
	at    int
}

// dimensionColumn is a dimension and the column that gives it.
type dimensionColumn struct {
	name string
	at   int
}

// find is where the header has a column, whatever its case; -1 if nowhere. What is missing or doubled is noted.
func (p *plan) find(column string) int {
	found := -1
	for i, h := range p.header {
		if !strings.EqualFold(h, strings.TrimSpace(column)) {
			continue
		}
		if found >= 0 && !slices.Contains(p.doubled, column) {
			p.doubled = append(p.doubled, column)
		}
		found = i
	}
	if found < 0 && !slices.Contains(p.missing, column) {
		p.missing = append(p.missing, column)
	}
	return found
}

// newPlan finds the mapped columns in a header, whatever their case.
func newPlan(m Mapping, header []string) *plan {
	p := &plan{mapping: m, form: form{layout: m.dateFormat(), noDate: noDate()}, windows: m.Encoding == windows1252, columns: len(header), header: header}
	used := map[int]bool{}
	for f, name := range fieldNames() {
		p.at[f], p.constant[f], p.names[f] = -1, m.Constants[name], name
		column, mapped := m.Columns[name]
		if !mapped {
			continue
		}
		p.names[f], p.lookup[f] = column, m.Lookups[name]
		p.at[f] = p.find(column)
		used[p.at[f]] = true
	}
	for _, name := range slices.Sorted(maps.Keys(m.Dimensions)) {
		side := dimensionColumn{name, p.find(m.Dimensions[name])}
		p.sides = append(p.sides, side)
		used[side.at] = true
	}
	for f, at := range p.at {
		if at >= 0 {
			p.mapped = append(p.mapped, mappedColumn{field(f), at})
		}
	}
	for _, f := range []field{goods, tax, shipping, surcharge, prior} {
		p.parted = p.parted || p.at[f] >= 0 || p.constant[f] != ""
	}
	for i, h := range header {
		if !used[i] && isSecret(h) {
			p.secret = append(p.secret, i)
		}
	}
	return p
}
