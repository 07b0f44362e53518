package reportfile

import (
	"slices"
	"strings"
)

// format is one report type in one container: how it is recognised, what its
// columns mean, and what a record of it becomes. Each stands in a file of its name.
type format struct {
	kind   Kind
	rank   int // whose word counts where reports of several kinds speak of one event: 0 before 1
	body   body
	titles []string // how line 1, the Name of an XML report or its root element names it, in plain form, by the beginning
	dtds   []string // XML: how the address of its document type names it, in plain form, by the beginning
	// positions are the columns of a file that names none.
	positions []string
	// header tells a CSV by its column names where line 1 does not.
	header  func(has func(role) bool, known int) bool
	columns []column
	known   []string // names of columns that are no finding although they are not used

	records []string // XML: the elements that are records
	lists   []string // JSON: the lists whose objects are records; one of them tells the type
	join    bool     // JSON: the lists speak of the same requests and are joined by their ids

	read    func(*worker) // makes the Transactions of one record; nil: it carries none
	plain   bool          // read makes of a plain row what [worker.plainRow] packs
	control func(*worker) // makes the control totals of one record; nil: it carries none
}

// body is what a report is written in.
type body uint8

const (
	csvBody body = iota
	xmlBody
	jsonBody
)

// formats are the report types that can be read, in the order in which they are tried.
func formats() []format {
	return []format{
		paymentBatchDetailCSV(),
		paymentBatchDetailXML(),
		paymentSubmissionCSV(),
		transactionRequestCSV(),
		transactionRequestXML(),
		exceptionDetailCSV(),
		exceptionDetailXML(),
		paymentEventsCSV(),
		batchSubmissionCSV(),
		batchSubmissionXML(),
		conversionXML(),
		conversionJSON(),
		purchaseRefundJSON(),
		purchaseRefundCSV(),
		netFundingJSON(),
		netFundingCSV(),
		batchSummaryJSON(),
		batchSummaryCSV(),
		chargebackJSON(),
		chargebackCSV(),
		retrievalJSON(),
		retrievalCSV(),
		interchangeJSON(),
		interchangeCSV(),
	}
}

// column is one column and the names that the generations of the report give it.
// The first name is how messages call it.
type column struct {
	role  role
	need  bool // a file without it is condemned
	names []string
}

// formatOf is the format of a kind; false where no file of this package reads it.
func formatOf(kind Kind) (format, bool) {
	all := formats()
	at := slices.IndexFunc(all, func(f format) bool { return f.kind == kind })
	if at < 0 {
		return format{}, false
	}
	return all[at], true
}

// roles by the plain names of the columns, those of the aliases last.
func (f *format) roles(aliases map[string]string) map[string]role {
	byName := map[string]role{}
	for _, c := range f.columns {
		for _, name := range c.names {
			byName[plain(name)] = c.role
		}
	}
	for name, means := range aliases {
		if r, known := byName[plain(means)]; known {
			byName[plain(name)] = r
		}
	}
	return byName
}

// Rank is whose word counts where reports of several kinds speak of one event: 0 before 1.
func Rank(kind Kind) int {
	f, _ := formatOf(kind)
	return f.rank
}

// KnowsColumn tells a name that a report of the kind may have for a column,
// element or member: what an alias of the policy may stand for.
func KnowsColumn(kind Kind, name string) bool {
	f, readable := formatOf(kind)
	_, known := f.roles(nil)[plain(name)]
	return readable && known
}

// isRecord tells an element that is a record.
func (f *format) isRecord(name []byte) bool {
	return slices.ContainsFunc(f.records, func(record string) bool { return strings.EqualFold(record, string(name)) })
}
