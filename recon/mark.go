package recon

// Mark is the state of a table at a moment. A reader takes one before the first
// row of a file, so that a condemned file leaves nothing behind (R8: all or
// nothing per file).
type Mark struct {
	rows, text, labelled int
	odd                  bool
}

// Mark remembers how far the table is filled.
func (t *Transactions) Mark() Mark {
	return Mark{rows: len(t.rows), text: len(t.text), labelled: t.labelled, odd: t.odd}
}

// Rollback takes back every row that was appended after the mark.
func (t *Transactions) Rollback(m Mark) {
	t.rows, t.text = t.rows[:m.rows], t.text[:m.text]
	t.labelled, t.odd = m.labelled, m.odd
	dropFaults(t.faults, m.text)
}

// Mark remembers how far the table is filled.
func (d *Documents) Mark() Mark {
	return Mark{rows: len(d.rows), text: len(d.text)}
}

// Rollback takes back every document that was appended after the mark.
func (d *Documents) Rollback(m Mark) {
	d.rows, d.text = d.rows[:m.rows], d.text[:m.text]
	dropFaults(d.faults, m.text)
}

func dropFaults(faults map[handle]Fault, text int) {
	for at := range faults {
		if int(at)*handleStep >= text {
			delete(faults, at)
		}
	}
}
