package reportfile

import (
	"bytes"
	"strings"

	"tieout/recon/carddata"
)

// role is what a column means.
type role int

// The roles.
const (
	requestID role = iota
	reference
	amount
	currency
	applications
	batchDate
	batchID
	merchantID
	processRef
	paymentType
	status
	transactionDate
	parentID
	accountSuffix
	authCode
	roles
)

// vocabulary resolves the column names of a format.
type vocabulary struct {
	columns []column
	byName  map[string]role
}

func newVocabulary(f *format) *vocabulary { return &vocabulary{f.columns, f.roles()} }

// roleOf resolves the names that the generations of the report give a column.
func (v *vocabulary) roleOf(name string) (role, bool) {
	if r, ok := v.byName[plain(name)]; ok {
		return r, true
	}
	r, ok := v.byName[plain(withoutGroup(name))]
	return r, ok
}

// isHeader tells a record that names at least some columns of the report.
func (v *vocabulary) isHeader(fields [][]byte) bool {
	known := 0
	for _, f := range fields {
		if _, ok := v.roleOf(string(trim(f))); ok {
			known++
		}
	}
	return known >= 3
}

// required are the names of the columns that must be there.
func (v *vocabulary) required() (names []string) {
	for _, c := range v.columns {
		if c.need {
			names = append(names, c.names[0])
		}
	}
	return names
}

// nameOf is how messages call a column that the file does not have.
func (v *vocabulary) nameOf(r role) string {
	for _, c := range v.columns {
		if c.role == r && c.need {
			return c.names[0]
		}
	}
	return ""
}

// withoutGroup drops the group that field names of a subscription carry: Request.RequestID.
func withoutGroup(name string) string {
	group, field, ok := strings.Cut(strings.TrimSpace(name), ".")
	if !ok {
		return name
	}
	switch plain(group) {
	case "batch", "request", "paymentdata", "paymentmethod", "application":
		return field
	}
	return name
}

// customName is the normal name of merchant-defined data: mdd1, mdd2, ... (cybersource.md 4.9).
func customName(name string) (string, bool) {
	key := plain(name)
	for _, prefix := range [...]string{
		"merchantdefineddatafieldsmerchantdefineddata", "merchantdefineddatafield", "merchantdefineddata", "merchantdata", "mdd",
	} {
		if number, ok := strings.CutPrefix(key, prefix); ok && number != "" && len(number) <= 3 && strings.Trim(number, "0123456789") == "" {
			return "mdd" + number, true
		}
	}
	return "", false
}

// layout is where the columns of one file stand.
type layout struct {
	*vocabulary
	names   []string // as in the file, trimmed and masked
	at      [roles]int
	custom  []customColumn
	secret  []int // columns whose values are never kept (R7)
	missing []string
	doubled []string
	unknown []string
}

type customColumn struct {
	at   int
	name string
}

// newLayout resolves a header.
func newLayout(v *vocabulary, fields [][]byte) *layout {
	l := &layout{vocabulary: v}
	for r := range l.at {
		l.at[r] = -1
	}
	seen := map[string]bool{}
	for i, f := range fields {
		name := carddata.Mask(string(trim(f)))
		l.names = append(l.names, name)
		if name != "" && seen[strings.ToLower(name)] {
			l.doubled = append(l.doubled, name)
			continue
		}
		seen[strings.ToLower(name)] = true
		l.place(i, name)
	}
	for _, c := range v.columns {
		if c.need && l.at[c.role] < 0 {
			l.missing = append(l.missing, c.names[0])
		}
	}
	return l
}

// place finds the meaning of one column. Two names for one meaning are as bad as one name twice.
func (l *layout) place(i int, name string) {
	if r, ok := l.roleOf(name); ok {
		if l.at[r] >= 0 {
			l.doubled = append(l.doubled, name)
			return
		}
		l.at[r] = i
		return
	}
	if custom, ok := customName(name); ok {
		l.custom = append(l.custom, customColumn{i, custom})
		return
	}
	if carddata.Column(name) {
		l.secret = append(l.secret, i)
	}
	if name == "" {
		name = "(without a name)"
	}
	l.unknown = append(l.unknown, name)
}

// nameOf is the file's name of the column with the role.
func (l *layout) nameOf(r role) string {
	if i := l.at[r]; i >= 0 {
		return l.names[i]
	}
	return l.vocabulary.nameOf(r)
}

// metadata is line 1 of a report (cybersource.md 4.1).
type metadata struct {
	merchant, name, version, window string
}

// readMetadata understands the servlet's line 1 (title, version, window) and
// that of the REST reports (merchant, name, type, version, window).
func readMetadata(fields [][]byte) metadata {
	at := func(i int) string {
		if i < len(fields) {
			return carddata.Mask(string(trim(fields[i])))
		}
		return ""
	}
	if isVersion(at(3)) && at(2) != "" {
		return metadata{merchant: at(0), name: at(1), version: at(3), window: at(4)}
	}
	return metadata{name: at(0), version: at(1), window: at(2)}
}

// trim takes blanks off both ends.
func trim(b []byte) []byte {
	if n := len(b); n == 0 || (b[0] > ' ' && b[n-1] > ' ' && b[0] < 0x80 && b[n-1] < 0x80) {
		return b
	}
	return bytes.TrimSpace(b)
}
