package reportfile

import (
	"bytes"
	"strings"

	"tieout/recon/carddata"
)

// role is what a column of a Payment Batch Detail Report means.
type role int

// The roles; those up to lastRequired must be there (cybersource.md 9, rule 4).
const (
	requestID role = iota
	reference
	amount
	currency
	applications
	batchDate
	batchID
	lastRequired = batchID

	merchantID role = iota - 1
	processRef
	paymentType
	status
	transactionDate
	parentID
	accountSuffix
	authCode
	roles
)

// requiredNames are how a message names required columns that are missing.
func requiredNames() [lastRequired + 1]string {
	return [...]string{"request_id", "merchant_ref_number", "amount", "currency", "ics_applications", "batch_date", "batch_id"}
}

// roleOf resolves the names that the generations of the report give a column.
func roleOf(name string) (role, bool) {
	switch plain(withoutGroup(name)) {
	case "requestid":
		return requestID, true
	case "merchantrefnumber", "merchantreferencenumber":
		return reference, true
	case "amount":
		return amount, true
	case "currency", "currencycode":
		return currency, true
	case "icsapplications", "transactiontype", "name", "applicationname":
		return applications, true
	case "batchdate":
		return batchDate, true
	case "batchid":
		return batchID, true
	case "merchantid":
		return merchantID, true
	case "transactionreferencenumber", "transrefno", "transactionrefnumber":
		return processRef, true
	case "paymenttype", "paymentmethod", "cardtype":
		return paymentType, true
	case "status":
		return status, true
	case "transactiondate":
		return transactionDate, true
	case "paymentrequestid":
		return parentID, true
	case "accountsuffix":
		return accountSuffix, true
	case "authorizationcode":
		return authCode, true
	}
	return 0, false
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
func newLayout(fields [][]byte) *layout {
	l := &layout{}
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
	for r, name := range requiredNames() {
		if l.at[r] < 0 {
			l.missing = append(l.missing, name)
		}
	}
	return l
}

// place finds the meaning of one column. Two names for one meaning are as bad as one name twice.
func (l *layout) place(i int, name string) {
	if r, ok := roleOf(name); ok {
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

// isHeader tells a record that names at least some columns of the report.
func isHeader(fields [][]byte) bool {
	known := 0
	for _, f := range fields {
		if _, ok := roleOf(string(trim(f))); ok {
			known++
		}
	}
	return known >= 3
}

// nameOf is the file's name of the column with the role.
func (l *layout) nameOf(r role) string {
	if i := l.at[r]; i >= 0 {
		return l.names[i]
	}
	if r <= lastRequired {
		return requiredNames()[r]
	}
	return ""
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
