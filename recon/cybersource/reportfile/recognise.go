package reportfile

import (
	"bytes"
	"slices"
	"strings"

	"tieout/recon/delimited"
	"tieout/recon/nested"
)

// Kind says what a file is, by its content alone.
type Kind string

// The kinds. Those of an answer that is no report come first; [Kind.Report] tells the rest.
const (
	Empty      Kind = "empty"
	HTML       Kind = "html"
	JSONError  Kind = "json-error"
	XMLError   Kind = "xml-error"
	Unknown    Kind = "unknown"
	Packed     Kind = "packed" // a compressed or binary container
	UnknownXML Kind = "unknown-xml"

	TransactionDetail Kind = "transaction-detail"
	FundingDetail     Kind = "funding-detail"
	FeeDetail         Kind = "fee-detail"
	DepositDetail     Kind = "deposit-detail"
	SettlementDetail  Kind = "settlement-detail"
	AgingDetail       Kind = "aging-detail"
	ChargebackDetail  Kind = "chargeback-detail"
	BatchReply        Kind = "batch-reply"
	SearchResults     Kind = "search-results"
	JSONReport        Kind = "json-report"
	OtherReport       Kind = "other-report"
)

// Report tells a report of Cybersource, readable or not, from everything else.
func (k Kind) Report() bool {
	switch k {
	case Empty, HTML, JSONError, XMLError, Unknown, UnknownXML, Packed:
		return false
	default:
		return true
	}
}

// NoReport tells the answers of a failed download.
func (k Kind) NoReport() bool {
	switch k {
	case Empty, HTML, JSONError, XMLError:
		return true
	default:
		return false
	}
}

// title is what line 1, an XML name or a root element says, in plain lower case, and what it means.
type title struct {
	text string
	kind Kind
}

// titles are matched by their beginning, in this order: first those of the formats of a container.
func titles(in body) (all []title) {
	for _, f := range formats() {
		for _, text := range f.titles {
			if f.body == in {
				all = append(all, title{text, f.kind})
			}
		}
	}
	return append(all, unreadTitles()...)
}

// unreadTitles are those of reports that no file of this package reads.
func unreadTitles() []title {
	return []title{
		{"transactiondetail", TransactionDetail},
		{"fundingdetail", FundingDetail},
		{"feedetail", FeeDetail},
		{"depositdetail", DepositDetail},
		{"processorsettlement", SettlementDetail},
		{"settlementdetail", SettlementDetail},
		{"agingdetail", AgingDetail},
		{"chargebackandretrieval", ChargebackDetail},
		{"paymentsubmission", OtherReport},
		{"transactionrequest", OtherReport},
		{"exceptiondetail", OtherReport},
		{"paymentevents", OtherReport},
		{"processorevents", OtherReport},
		{"conversiondetail", OtherReport},
		{"decisionmanager", OtherReport},
		{"subscriptiondetail", OtherReport},
		{"useraccessreport", OtherReport},
		{"paymentreconciliation", OtherReport},
	}
}

func kindOfTitle(text string, in body) (Kind, bool) {
	key := plain(text)
	for _, t := range titles(in) {
		if strings.HasPrefix(key, t.text) {
			return t.kind, true
		}
	}
	return Unknown, false
}

// plain is a name without case, blanks and punctuation.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9'):
			return r
		}
		return -1
	}, name)
}

// Recognise tells what a file is by its first bytes; 64 KiB of them are plenty.
func Recognise(head []byte) Kind {
	head = bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF"))
	text := bytes.TrimLeft(head, " \t\r\n\x00")
	switch {
	case len(text) == 0:
		return Empty
	case text[0] == '<':
		return recogniseMarkup(text)
	case text[0] == '{' || text[0] == '[':
		return recogniseJSON(text)
	}
	if _, known := delimited.Container(text); known {
		return Packed
	}
	return recogniseCSV(text)
}

func recogniseMarkup(head []byte) Kind {
	start := strings.ToLower(string(head[:min(len(head), 4096)]))
	if strings.HasPrefix(start, "<!doctype html") || strings.Contains(start, "<html") {
		return HTML
	}
	x := nested.OpenXML(bytes.NewReader(head), nested.Options{ChunkSize: 1 << 10}) // what is wrong further on says nothing of the kind
	address := ""
	for {
		switch x.Next() {
		case nested.Start:
			return kindOfRoot(x, address)
		case nested.EOF:
			return UnknownXML
		default:
			address += string(x.Value)
		}
	}
}

// kindOfRoot tells a report by the name it gives itself, by its root element,
// and last by the address of its document type.
func kindOfRoot(x *nested.XML, address string) Kind {
	for _, a := range x.Attrs {
		if plain(string(a.Name)) == "name" {
			if kind, known := kindOfTitle(string(a.Value), xmlBody); known {
				return kind
			}
		}
	}
	root := plain(string(x.Name))
	if root == "errorbean" || root == "error" || root == "response" {
		return XMLError
	}
	if kind, known := kindOfTitle(root, xmlBody); known {
		return kind
	}
	if root != "report" {
		return UnknownXML
	}
	for part := range strings.FieldsFuncSeq(address, func(r rune) bool { return strings.ContainsRune("/\"' >", r) }) {
		for _, f := range formats() {
			if slices.ContainsFunc(f.dtds, func(dtd string) bool { return strings.HasPrefix(plain(part), dtd) }) {
				return f.kind
			}
		}
	}
	return OtherReport
}

// recogniseJSON tells the reports that come as JSON from errors, by their members.
func recogniseJSON(head []byte) Kind {
	for _, f := range formats() {
		if slices.ContainsFunc(f.lists, func(list string) bool { return bytes.Contains(head, []byte(`"`+list+`"`)) }) {
			return f.kind
		}
	}
	for _, member := range [...]string{`"transactionBatches"`, `"chargebackSummaries"`, `"retrievalSummaries"`, `"notificationOfChanges"`} {
		if bytes.Contains(head, []byte(member)) {
			return JSONReport
		}
	}
	return JSONError
}

// recogniseCSV looks at the first two records: line 1 of a report, and the names of its columns.
func recogniseCSV(head []byte) Kind {
	// The head may end in the middle of a record; the first two are what counts.
	f := delimited.Open(bytes.NewReader(head), delimited.Options{Workers: 1, BlockSize: len(head) + 1, AnyEncoding: true})
	var rec delimited.Record
	for n := 0; n < 2 && f.Next(&rec); n++ {
		if n == 0 {
			if kind, ok := kindOfMetadata(rec.Fields); ok {
				return kind
			}
		}
		if kind, ok := kindOfHeader(rec.Fields); ok {
			return kind
		}
	}
	return Unknown
}

// kindOfMetadata knows the three generations of line 1 (cybersource.md 4.1).
func kindOfMetadata(fields [][]byte) (Kind, bool) {
	first := string(fields[0])
	if kind, ok := kindOfTitle(first, csvBody); ok && len(fields) > 1 && !strings.Contains(first, "_") {
		return kind, true
	}
	if len(fields) >= 4 && isVersion(string(trim(fields[3]))) {
		if kind, ok := kindOfTitle(string(fields[2]), csvBody); ok {
			return kind, true
		}
		return OtherReport, windowLike(fields)
	}
	if strings.HasPrefix(first, "merchantID=") {
		return BatchReply, true
	}
	return Unknown, false
}

func windowLike(fields [][]byte) bool {
	return len(fields) > 4 && bytes.Contains(fields[4], []byte(" to "))
}

// isVersion tells texts such as 1, 1.0 and 1.10. A version is text: 1.1 and 1.10 are two.
func isVersion(text string) bool {
	for _, c := range text {
		if (c < '0' || c > '9') && c != '.' {
			return false
		}
	}
	return text != "" && text[0] != '.' && len(text) <= 8
}

// kindOfHeader knows reports by the names of their columns.
func kindOfHeader(fields [][]byte) (Kind, bool) {
	for _, f := range fields {
		switch plain(string(trim(f))) {
		case "rowdescriptor":
			return TransactionDetail, true
		case "paymentprocessor":
			return PaymentSubmissionCSV, true
		case "dateandtime":
			if plain(string(fields[0])) == "merchantid" {
				return SearchResults, true
			}
		}
	}
	for _, f := range formats() {
		if f.body == csvBody && f.header != nil && hasHeaderOf(&f, fields) {
			return f.kind, true
		}
	}
	return Unknown, false
}

func hasHeaderOf(f *format, fields [][]byte) bool {
	words := newVocabulary(f, nil)
	var has [roles]bool
	known := 0
	for _, field := range fields {
		if r, ok := words.roleOf(string(trim(field))); ok && !has[r] {
			has[r] = true
			known++
		}
	}
	return f.header(func(r role) bool { return has[r] }, known)
}
