package reportfile

import (
	"bufio"
	"io"

	"tieout/recon"
)

// Scan reads a report as [Read] does, and shows its transactions some thousands
// at a time instead of keeping them: memory does not grow with the report, but
// for fees, which wait for the sum of their day, and for reports on demand whose
// lists are joined. What was shown of a file that is condemned in the end is void.
// Report.Rows has what the reader quarantined; repetitions are the caller's to find.
func Scan(name string, r io.Reader, o Options, show func(*recon.Transactions)) recon.FileReport {
	src := bufio.NewReaderSize(r, headSize)
	head, _ := src.Peek(headSize)
	p := newReading(name, 0, o, recon.NewTransactions(0, 0))
	p.show = show
	p.read(Recognise(head), func(f *format) func(*worker) { return f.read }, src)
	return p.report
}

// append puts a batch into the table, or shows it.
func (p *reading) append(batch *recon.TransactionBatch) {
	if p.show == nil {
		p.full = !p.into.Fit(batch) || p.full
		return
	}
	empty := p.into.Mark()
	p.into.Append(batch)
	p.show(p.into)
	p.into.Rollback(empty)
}
