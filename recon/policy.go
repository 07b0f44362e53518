package recon

import (
	"strings"
	"time"

	"tieout/ledger/money"
)

// RevenueModel says who books the sale (settlement-accounting 1.4).
type RevenueModel uint8

// AR: the ERP books the sale at shipment. CashSale: tieout books it at capture.
const (
	AR RevenueModel = iota
	CashSale
)

// Merchant is one configured merchant id.
type Merchant struct {
	Store  string
	Model  RevenueModel
	Zone   *time.Location // nil: the company's
	CutOff CutOff         // zero: the company's
}

// CutOff is the local time of day from which a batch belongs to the next day (MAT-05).
type CutOff struct {
	Set     bool
	Seconds int // since local midnight
}

// Tolerance is what may be written off on one match (MAT-07).
type Tolerance struct {
	PercentBP int64                    // of the documents' total, in basis points
	Absolute  map[money.Currency]int64 // minor units; a currency that is not listed has no tolerance
}

// Policy is everything that finance decides about matching. It is validated
// where it is loaded; the zero value of a list means none.
type Policy struct {
	Company            string
	Base               money.Currency
	Zone               *time.Location
	CutOff             CutOff
	From, To, AsOf     Date
	TimingDays         int
	WindowBefore       int // days a settlement may lie before the document, as a negative number
	WindowAfter        int
	LooseDays          int
	DuplicateDays      int
	FundingLagDays     int
	FXToleranceBP      int64
	Tolerance          Tolerance
	TestMerchants      map[string]bool
	TestPrefix         string // of a normalised reference or order number
	Merchants          map[string]Merchant
	CardMethods        map[string]bool // payment methods that make a card document
	TruncatedReference int             // length at which the processor cuts references; 0: never
	Rates              map[money.Currency]money.Rate
	OpeningUnfunded    []OpeningBatch
	Canon              Canon
}

// Store is the store of a merchant; "" for one that is not configured.
func (p *Policy) Store(merchant string) string { return p.Merchants[merchant].Store }

// Rate is the base value of one unit of the currency; unknown without a configured rate.
func (p *Policy) Rate(c money.Currency) money.Rate {
	if c == p.Base {
		return money.One()
	}
	return p.Rates[c]
}

// SettlementDate is the local date of the batch instant in the merchant's zone,
// one day later from the cut-off on (MAT-05).
func (p *Policy) SettlementDate(merchant string, batched Instant) Date {
	zone, cutOff := p.Zone, p.CutOff
	if m, ok := p.Merchants[merchant]; ok {
		if m.Zone != nil {
			zone = m.Zone
		}
		if m.CutOff.Set {
			cutOff = m.CutOff
		}
	}
	local := batched.In(zone)
	date := DateOf(local)
	if h, m, s := local.Clock(); cutOff.Set && h*3600+m*60+s >= cutOff.Seconds {
		date++
	}
	return date
}

// testPrefix is how references and order numbers of tests begin (stage 0).
type testPrefix struct {
	text string // "": there are no such tests
	key  refKey
}

func (p *Policy) testPrefix() testPrefix { return testPrefix{p.TestPrefix, keyOf(p.TestPrefix)} }

// begins tells whether a reference or order number is a test; norm gives the
// normalised text of a key that is not exact.
func (t testPrefix) begins(key refKey, norm func() string) bool {
	switch {
	case t.text == "" || key.exact() && !t.key.exact():
		return false
	case key.exact():
		return key.beginsWith(t.key)
	}
	return strings.HasPrefix(norm(), t.text)
}

// Books is what matching must ask of the general ledger.
type Books struct {
	// PostingDate is where a row settled on the date is posted: the date itself
	// if its period is open, else the first day after the closed periods (GL-16).
	PostingDate func(Date) Date
	// PostedOn is the day on which an earlier run posted the row, 0 if none did:
	// a row keeps its first posting date. nil where there are no earlier runs.
	PostedOn func(id string, natural EventType) Date
	// Mapped tells whether the rules have an account for what a row would apply,
	// by the facts that are decided when it is matched: outcome, reason and kind
	// are not. Safe for several goroutines at once. nil: always.
	Mapped func(row int, f *Facts) Mapping
	// Lacks names the dimension for want of which Mapped says that there is no
	// account, and the account; "" where it is none. nil: never.
	Lacks func(row int, f *Facts) (dimension, account string)
	// MayMiss tells for which events Mapped can say no; nil: for all.
	MayMiss func(EventType) bool
	// Clears tells what the rules lack to book what a document takes of a carried item,
	// in words, "" for nothing: of the facts those are set that come from the document,
	// the reason and the sign. nil: always "".
	Clears func(*Posted, *Facts) (lacks string)
}

// Mapping is what the rules know of a row's account (GL-06).
type Mapping uint8

// AccountFound: it is mapped. CodeUnknown: its fee or adjustment code has no
// account. NoAccount: there is no rule, or a segment has no value.
const (
	AccountFound Mapping = iota
	CodeUnknown
	NoAccount
)
