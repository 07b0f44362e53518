package recon

// Verdict is how a row ends: exactly one of the three (INV-1).
type Verdict uint8

// The verdicts.
const (
	Undecided Verdict = iota
	Matched
	Exception
	Ignored
)

// String is the verdict as files show it.
func (v Verdict) String() string {
	return [...]string{"", "MATCHED", "EXCEPTION", "IGNORED"}[v]
}

// Pass is which rule linked a row.
type Pass uint8

// The passes, strongest first; ByParent and Direct need no document.
const (
	NoPass Pass = iota
	ByRequestID
	ByReference
	ByCanonical
	ByAuth
	ByWeak
	ByNetting
	ByParent
	Direct
)

// String is the pass as files show it.
func (p Pass) String() string {
	return [...]string{"", "P1_REQUEST_ID", "P2_REFERENCE", "P3_CANONICAL", "P4_AUTH", "P5_WEAK", "N_NETTING", "L_PARENT", "DIRECT"}[p]
}

// Kind is how a matched row, or a document, was satisfied.
type Kind uint8

// Kinds of rows, then of documents.
const (
	NoKind Kind = iota
	One
	SplitDocs
	WithinTolerance
	Netted
	Rejected
	ClearsSuspense
	DirectKind
	Full
	PartialKind
)

// String is the kind as files show it.
func (k Kind) String() string {
	return [...]string{"", "ONE", "SPLIT_DOCS", "TOLERANCE", "NETTED", "REJECTED", "CLEARS_SUSPENSE", "DIRECT", "FULL", "PARTIAL"}[k]
}
