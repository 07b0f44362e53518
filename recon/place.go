package recon

import "strings"

// A document's place is its store and its dimensions in one word, so that a row
// of the table, and the facts of a movement, hold one number for all of them.
// A store alone is its own word.

// DimensionPrefix stands before the name of a dimension wherever it is called
// among other names: in the rules of the general ledger and in mappings of the ERP.
const DimensionPrefix = "document_"

// placeMark begins the word of a place that is more than a store.
const placeMark = "\x00"

func placeOf(store string, dimensions []Field) string {
	if len(dimensions) == 0 && !strings.HasPrefix(store, placeMark) {
		return store
	}
	fields := append(make([]Field, 0, 1+len(dimensions)), Field{Value: store})
	return placeMark + packFields(append(fields, dimensions...))
}

func unpackPlace(word string) (store string, dimensions []Field) {
	packed, more := strings.CutPrefix(word, placeMark)
	if !more {
		return word, nil
	}
	fields := unpackFields(packed)
	return fields[0].Value, fields[1:]
}

// Place gives the store and the dimensions of a place's number ([Facts.DocPlace]).
func (d *Documents) Place(n uint16) (store string, dimensions []Field) {
	return unpackPlace(d.words.text(n))
}
