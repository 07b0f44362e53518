package reportfile

import (
	"bytes"
	"slices"
	"strings"

	"tieout/recon/carddata"
	"tieout/recon/delimited"
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
	replyCode    // of each application: 1 success, 0 declined, -1 error
	reasonCode   // 100 success
	decision     // of an uploaded batch, or before and after a review
	newDecision  // of a review
	eventName    // what the processor says happened
	eventDate    // and when
	sign         // of an amount that is a magnitude
	caseNo       // of a dispute
	dueDate      // by when it must be answered
	authRequest  // id of the authorisation that a capture followed
	list         // which list of a JSON report a record stands in
	settledTime  // when the processor settled
	feeAmount    // the whole fee of a transaction
	feeCurrency  // and its currency
	feePerItem   // interchange by item,
	feePercent   // and by percentage
	feeDues      // dues and assessments
	feeDiscount  // the acquirer's discount by percentage,
	feeDiscItem  // and by item
	fundedAmount // what the processor says it funds
	fundedCurrency
	fundedCount
	settledCount
	conveyedCount
	conveyedAmount
	totalAmount // of all records of a kind
	totalCurrency
	saleCount
	saleAmount
	creditCount
	creditAmount
	windowStart
	windowEnd
	roles
)

// vocabulary resolves the column names of a format.
type vocabulary struct {
	columns []column
	byName  map[string]role
	known   map[string]bool // names of columns that are not used
}

// aliases are what the policy says of names that nobody here has met.
func newVocabulary(f *format, aliases map[string]string) *vocabulary {
	v := &vocabulary{f.columns, f.roles(aliases), map[string]bool{}}
	for _, name := range f.known {
		v.known[plain(name)] = true
	}
	return v
}

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

// isKnown tells a column that is no finding although it is not used.
func (v *vocabulary) isKnown(name string) bool {
	return v.known[plain(name)] || v.known[plain(withoutGroup(name))]
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
		if c.role == r {
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
	case "batch", "request", "paymentdata", "paymentmethod", "application", "applicationreply", "basicinformation", "card", "event", "exception",
		"errorinformation", "fee", "settlement", "settlements", "feeandfundingdetails", "requestdetails", "others", "settlementstatuses":
		return field
	}
	return name
}

// customName is the normal name of merchant-defined data: mdd1, mdd2, ... (cybersource.md 4.9).
func customName(name string) (string, bool) {
	key := plain(withoutGroup(name))
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
	byKey   map[string]int // columns of XML and JSON by what stands around them and their name
	keys    []string
	follows []int // by column: the one that came next the last time
	last    int   // the column that was asked for last
	cards   bool  // a name holds a card number
	key     []byte
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
	l.missing = l.lacking()
	return l
}

// newNestedLayout is that of a file whose columns turn up one by one.
func newNestedLayout(v *vocabulary) *layout {
	l := &layout{vocabulary: v, byKey: map[string]int{}, follows: []int{0}}
	for r := range l.at {
		l.at[r] = -1
	}
	return l
}

// columnOf is the column of a value by its name and by what stands around it.
// Of two places for one meaning the first counts.
func (l *layout) columnOf(around, name []byte) int {
	l.key = append(append(append(l.key[:0], around...), '.'), name...)
	if next := l.follows[l.last]; next < len(l.keys) && l.keys[next] == string(l.key) {
		l.last = next
		return next
	}
	i, known := l.byKey[string(l.key)]
	if !known {
		if i = l.newColumn(); i < 0 {
			return i
		}
	}
	l.follows[l.last], l.last = i, i
	return i
}

// newColumn makes a column of the key; -1 if there are too many. What must be
// there may stand in several places of a record, as long as they say the same:
// these are one column.
func (l *layout) newColumn() int {
	l.cards = l.cards || carddata.HasBytes(l.key)
	if len(l.byKey) >= delimited.MaxColumns {
		return -1
	}
	key := string(l.key)
	shown := carddata.Mask(strings.TrimPrefix(key, "."))
	r, ok := l.roleOf(shown)
	taken := ok && l.at[r] >= 0
	if taken && l.needed(r) {
		l.byKey[key] = l.at[r]
		return l.at[r]
	}
	i := len(l.names)
	l.byKey[key] = i
	l.keys, l.names, l.follows = append(l.keys, key), append(l.names, shown), append(l.follows, 0)
	switch {
	case !taken:
		l.place(i, shown)
	case !l.isKnown(shown):
		l.unknown = append(l.unknown, shown)
	}
	return i
}

func (l *layout) needed(r role) bool {
	for _, c := range l.columns {
		if c.role == r {
			return c.need
		}
	}
	return false
}

// hasRole tells whether the format knows the role.
func (v *vocabulary) hasRole(r role) bool {
	return slices.ContainsFunc(v.columns, func(c column) bool { return c.role == r })
}

// lacking are the columns that must be there and are not.
func (l *layout) lacking() (names []string) {
	for _, c := range l.columns {
		if c.need && l.at[c.role] < 0 {
			names = append(names, c.names[0])
		}
	}
	return names
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
	if l.isKnown(name) {
		return
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
