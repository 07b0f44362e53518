package answer

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"tieout/ledger/money"
	"tieout/ledger/posting"
	"tieout/recon"
	"tieout/reports"
)

// WriteExceptions writes exceptions.csv: every open exception of the night with
// the columns of the work list (4.2). Text is made inert for a spreadsheet
// (XLS-04); numbers and dates are plain. What has no figure is empty, never 0.
func WriteExceptions(w io.Writer, n *reports.Night) error {
	list := newWorkList(w, n.AsOf, n.Zone)
	if n.Exceptions != nil {
		list.addAll(n.Exceptions)
	}
	return list.flush()
}

// workList writes exceptions.csv, and remembers its first error. That of no file is not written.
type workList struct {
	w    *bufio.Writer
	asOf recon.Date
	zone *time.Location
	err  error
}

// newWorkList begins with the names of the columns.
func newWorkList(w io.Writer, asOf recon.Date, zone *time.Location) *workList {
	if zone == nil {
		zone = time.UTC
	}
	l := &workList{w: bufio.NewWriterSize(w, 1<<18), asOf: asOf, zone: zone}
	names := csv.NewWriter(l.w)
	_ = names.Write(reports.ExceptionColumns(zone.String())) // flush tells
	names.Flush()
	return l
}

func (l *workList) wanted() bool { return l.w != nil }

// addAll adds a line for every exception. Lines are made on all processors, some
// thousands at a time, and written in order.
func (l *workList) addAll(exceptions iter.Seq2[reports.ExceptionRow, error]) {
	block := make([]reports.ExceptionRow, 0, 32*stretch)
	add := func() {
		inOrder(len(block), func(from, to int) []byte { return l.lines(block[from:to]) }, func(lines []byte) bool {
			l.bytes(lines)
			return l.err == nil
		})
		block = block[:0]
	}
	for e, err := range exceptions {
		if l.err = cmp.Or(l.err, err); l.err != nil {
			return
		}
		if block = append(block, e); len(block) == cap(block) {
			add()
		}
	}
	add()
}

// lines are the lines of exceptions.
func (l *workList) lines(exceptions []reports.ExceptionRow) []byte {
	var lines bytes.Buffer
	to := csv.NewWriter(&lines)
	for i := range exceptions {
		_ = to.Write(l.record(&exceptions[i])) // a buffer takes everything
	}
	to.Flush()
	return lines.Bytes()
}

func (l *workList) bytes(b []byte) {
	if l.err == nil && len(b) > 0 {
		_, l.err = l.w.Write(b)
	}
}

func (l *workList) flush() error {
	if l.err == nil {
		l.err = l.w.Flush()
	}
	return l.err
}

// record has the cells of an exception.
func (l *workList) record(e *reports.ExceptionRow) []string {
	var occurred, age, bucket string
	if e.Occurred != 0 {
		occurred = e.Occurred.In(l.zone).Format(time.DateTime)
	}
	if e.Origin != 0 {
		days := int(l.asOf - e.Origin)
		age, bucket = strconv.Itoa(days), reports.BucketNames()[reports.Bucket(days)]
	}
	text := posting.Inert
	return []string{
		text(e.ID), string(e.Status), string(e.SeverityOf()), e.Reason.String(), text(e.ReasonText()), string(e.Side), text(e.Merchant), text(e.Store),
		text(e.OrderNo), text(e.InvoiceNo), text(e.CustomerNo), text(e.Reference), text(e.RequestID), text(e.ParentID), text(e.Type), e.Origin.String(), occurred,
		e.Currency.String(), plain(e.Amount), plain(e.Applied), plain(e.Suspended), plain(e.Difference), text(e.CardBrand), text(e.Last4), text(e.AuthCode),
		text(strings.Join(e.Suggested, ", ")), e.Reason.About().Action, e.Due.String(), e.FirstSeen.String(), age, bucket, text(e.OwnerOf()),
		text(e.Disposition), text(e.DispositionRef), text(e.AssignedTo), text(e.Note), e.RowHash(),
	}
}

// plain is an amount as a plain decimal; one without currency is no figure.
func plain(a money.Amount) string {
	if a.Currency() == 0 {
		return ""
	}
	return a.String()
}
