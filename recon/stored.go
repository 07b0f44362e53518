package recon

import "fmt"

// Stored values are words, never numbers: they must survive a renumbering of
// the constants. Each type writes what its String shows and reads only that.

// MarshalText writes the event as files show it.
func (t EventType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (t *EventType) UnmarshalText(text []byte) error {
	return stored(t, text, "event type", func(i int) (EventType, bool) { return EventType(i), i < int(eventTypes) })
}

// MarshalText writes the reason's code.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (r *Reason) UnmarshalText(text []byte) error {
	return stored(r, text, "reason", func(i int) (Reason, bool) { return Reason(i), i < int(reasons) })
}

// MarshalText writes the verdict as files show it.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (v *Verdict) UnmarshalText(text []byte) error {
	return stored(v, text, "verdict", func(i int) (Verdict, bool) { return Verdict(i), i <= int(Ignored) })
}

// MarshalText writes the pass as files show it.
func (p Pass) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (p *Pass) UnmarshalText(text []byte) error {
	return stored(p, text, "pass", func(i int) (Pass, bool) { return Pass(i), i <= int(Direct) })
}

// MarshalText writes the kind as files show it.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (k *Kind) UnmarshalText(text []byte) error {
	return stored(k, text, "kind", func(i int) (Kind, bool) { return Kind(i), i <= int(PartialKind) })
}

// MarshalText writes the kind of document as files show it.
func (t DocType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (t *DocType) UnmarshalText(text []byte) error {
	return stored(t, text, "document type", func(i int) (DocType, bool) { return DocType(i), i < int(docTypes) })
}

// MarshalText writes the state as files show it.
func (s DocStatus) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *DocStatus) UnmarshalText(text []byte) error {
	return stored(s, text, "status", func(i int) (DocStatus, bool) { return DocStatus(i), i < int(docStatuses) })
}

// MarshalText writes yyyy-mm-dd, or nothing for no date.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) (err error) {
	*d = 0
	if len(text) > 0 {
		*d, err = ParseDate(text)
	}
	return err
}

// stored finds the value whose String is the text.
func stored[T fmt.Stringer](to *T, text []byte, what string, at func(i int) (T, bool)) error {
	for i := 0; ; i++ {
		v, ok := at(i)
		if !ok {
			return fmt.Errorf("%q is no %s", text, what)
		}
		if v.String() == string(text) {
			*to = v
			return nil
		}
	}
}
