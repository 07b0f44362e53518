package ledger

// StoredLines are the entry's own lines, for tests that tamper with them.
func (e *Entry) StoredLines() []Line { return e.lines }
