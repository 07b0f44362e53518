package neutral

import (
	"bytes"
	"slices"
	"strings"

	"tieout/recon/delimited"
)

// Kind names a neutral layout as inputs.json shows it; "" is none of them.
type Kind string

// The layouts.
const (
	Transactions Kind = "neutral-transactions"
	Documents    Kind = "neutral-documents"
	History      Kind = "neutral-history"
	Funding      Kind = "neutral-funding"
	Bank         Kind = "neutral-bank"
)

// Recognise tells a layout by the column names in the first bytes of a file.
func Recognise(head []byte) Kind {
	f := delimited.Open(bytes.NewReader(head), delimited.Options{Workers: 1, BlockSize: len(head) + 1, AnyEncoding: true})
	var rec delimited.Record
	if !f.Next(&rec) {
		return ""
	}
	var names []string
	for _, field := range rec.Fields {
		names = append(names, strings.ToLower(strings.TrimSpace(string(field))))
	}
	has := func(name string) bool { return slices.Contains(names, name) }
	switch {
	case has("deposit_id"):
		return Funding
	case has("bank_line_id"):
		return Bank
	case has("txn_id") && (has("doc_ids") || has("open_reason")):
		return History
	case has("txn_id") || has("event_type"):
		return Transactions
	case has("doc_id") || has("doc_type"):
		return Documents
	}
	return ""
}
