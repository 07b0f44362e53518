package recon

import (
	"crypto/sha256"
	"encoding/binary"

	"tieout/ledger/money"
)

// Sighting is what must be remembered of a row to tell later whether another row
// of its file repeats it (R2): 44 bytes, whatever the row says.
type Sighting struct {
	Key      [16]byte // head of a hash of the natural key
	Content  [12]byte // head of a hash of everything but label and place
	Line     uint32
	Amount   int64 // minor units
	Currency money.Currency
	Marks    uint8
}

// Marks of a sighting.
const (
	SeenFaulty    uint8 = 1 << iota // the reader could not trust the row
	SeenFinancial                   // it moves money
)

// Sighter makes sightings of rows. It is for one goroutine.
type Sighter struct{ buf []byte }

// Of is the sighting of row i; false for a row that has no key to be known by.
func (s *Sighter) Of(t *Transactions, i int) (seen Sighting, keyed bool) {
	row := &t.rows[i]
	seen = Sighting{Line: row.line, Amount: row.amount, Currency: row.currency}
	if row.flags&flagFault != 0 {
		seen.Marks |= SeenFaulty
	}
	if row.kind.Financial() && row.kind != UnknownEvent {
		seen.Marks |= SeenFinancial
	}
	if row.id.none() || row.kind == UnknownEvent {
		return seen, false
	}
	txn := t.At(i)
	s.buf = append(s.buf[:0], byte(txn.Type))
	key := sha256.Sum256(append(s.buf, txn.ID...))
	s.content(&txn)
	content := sha256.Sum256(s.buf)
	copy(seen.Key[:], key[:])
	copy(seen.Content[:], content[:])
	return seen, true
}

// content writes down everything that [run.sameContent] compares.
func (s *Sighter) content(t *Transaction) {
	b := s.buf[:0]
	for _, n := range [...]int64{int64(t.Type), int64(t.Occurred), int64(t.Batched), int64(t.BatchDate), int64(t.Currency), t.Amount, int64(t.DueDate)} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	for _, text := range [...]string{
		t.ID, t.Parent, t.Merchant, t.Batch, t.CardBrand, t.Last4, t.AuthCode, t.Method, t.Reference, t.ProcessRef, t.FeeCode, t.Store, t.Case,
		t.CardholderCurrency, t.CardholderAmount,
	} {
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	s.buf = append(b, packFields(t.Custom)...)
}

// Count counts a row that was seen. Rows of one key are settled by [FileCount.Compare].
func (c *FileCount) Count(s *Sighting) {
	if s.Marks&SeenFaulty == 0 && s.Marks&SeenFinancial != 0 {
		c.Totals.Add(s.Amount, s.Currency)
	}
}

// Compare judges counted rows of one key as stage 0 does: equal ones are one row
// and its duplicates; where contents differ, or some cannot be trusted, none is.
// It returns the lines that are quarantined for it.
func (c *FileCount) Compare(same []Sighting) (conflicts []int) {
	equal, faulty := true, 0
	for i := range same {
		equal = equal && same[i].Content == same[0].Content
		if same[i].Marks&SeenFaulty != 0 {
			faulty++
		}
	}
	if faulty == len(same) {
		return nil
	}
	keep := 0
	if equal && faulty == 0 {
		keep = 1
	}
	for i := range same[keep:] {
		s := &same[keep+i]
		switch {
		case s.Marks&SeenFaulty != 0:
			continue
		case keep == 1:
			c.Duplicate++
		default:
			c.Quarantined++
			conflicts = append(conflicts, int(s.Line))
		}
		if s.Marks&SeenFinancial != 0 {
			c.Totals.Add(-s.Amount, s.Currency)
		}
	}
	return conflicts
}
