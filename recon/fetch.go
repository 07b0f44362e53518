package recon

import (
	"iter"
	"runtime"
	"slices"
)

// The rows that people see lie all over the tables, and unfolding one of them
// waits for memory at every step: the row, its text, its documents, their text.
// Each step is done for several rows first, so that they wait together.

// fetched is how many rows are fetched at a time: what they need must fit into
// the processor's cache.
const fetched = 64

// EachRow unfolds transactions in the order given, faster than [Result.Row] one by
// one, and gives them with their indexes. A row is valid until the next.
func (r *Result) EachRow(rows []uint32) iter.Seq2[int, *Row] {
	return func(yield func(int, *Row) bool) {
		for some := range slices.Chunk(rows, fetched) {
			r.fetch(some)
			for _, i := range some {
				row := r.Row(int(i))
				if !yield(int(i), &row) {
					return
				}
			}
		}
	}
}

// EachDoc unfolds documents like [Result.EachRow].
func (r *Result) EachDoc(docs []uint32) iter.Seq2[int, *Doc] {
	return func(yield func(int, *Doc) bool) {
		for some := range slices.Chunk(docs, fetched) {
			r.run.docs.fetch(some)
			for _, i := range some {
				doc := r.Doc(int(i))
				if !yield(int(i), &doc) {
					return
				}
			}
		}
	}
}

// fetch reads what Row and Evidence will read of the rows, into the processor's cache.
func (r *Result) fetch(rows []uint32) {
	run, read := r.run, uint32(0)
	for _, i := range rows {
		read += uint32(run.row(i).text) + run.out[i].more + r.labels[i]
	}
	var docs []uint32
	for _, i := range rows {
		read += uint32(run.txns.text[int(run.row(i).text)*handleStep])
		if more := run.out[i].more; more != 0 {
			d := &run.details[more-1]
			read += uint32(d.applied) + uint32(len(d.shown)) + d.parentRow
		}
		docs = append(docs, run.shown(i)...)
		if near := r.explain().near.of[i]; near != 0 {
			docs = append(docs, near-1)
		}
	}
	runtime.KeepAlive(read)
	run.docs.fetch(docs)
}

// fetch reads what At will read of the documents.
func (d *Documents) fetch(docs []uint32) {
	read := uint32(0)
	for _, doc := range docs {
		row := &d.rows[doc]
		read += uint32(row.amount) + uint32(row.text) + uint32(row.out.verdict)
	}
	for _, doc := range docs {
		read += uint32(d.text[int(d.rows[doc].text)*handleStep])
	}
	runtime.KeepAlive(read)
}
