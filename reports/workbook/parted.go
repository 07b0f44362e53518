package workbook

import "fmt"

// parted is a table of a sheet that goes on in "Data (2)" when it is full (XLS-14).
type parted[T any] struct {
	b     *book
	sheet string
	table string
	intro string // "" starts with the heading of the table in A1 (XLS-13)
	cols  []column[T]
	cells []cell

	s    *sheet
	p    span
	part int
	rows int // all parts
}

func (d *parted[T]) begin() {
	d.part++
	name := partName(d.sheet, d.part)
	fr := frame{widths: widths(d.cols), freeze: "B2", headRow: 1}
	if d.intro != "" {
		fr.freeze, fr.headRow = "B5", 4
	}
	d.s = d.b.open(name, fr)
	if d.intro != "" {
		d.s.heading(name, d.intro)
	}
	d.p = d.s.head(heads(d.cols))
	d.cells = make([]cell, len(d.cols))
}

func (d *parted[T]) put(row T) {
	if d.s.row-d.p.head == d.b.o.partRows {
		d.end()
		d.begin()
	}
	for i := range d.cols {
		d.cells[i] = d.cols[i].cell(row)
	}
	d.s.put(d.cells...)
	d.rows++
}

func (d *parted[T]) end() {
	if d.s.row == d.p.head {
		d.s.skip(1)
	}
	d.p.last = d.s.row
	d.s.addTable(tablePart(d.table, d.part), d.p, len(d.cols))
	d.s.close()
}

// tablePart is the name of part 1, 2 ... of a table.
func tablePart(table string, part int) string {
	if part <= 1 {
		return table
	}
	return fmt.Sprintf("%s%d", table, part)
}
