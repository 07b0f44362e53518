package ledger

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
)

// fact is something that a rule can look at. Those up to lastFact are known of
// every movement; the others are fetched only if the table asks for them.
type fact int

const (
	factMerchant fact = iota
	factCurrency
	factBrand
	factMethod
	factEvent
	factFeeCode
	factOutcome
	factReason
	factKind
	factModel
	factComponent
	factMemo
	factStore
	factSign
	lastFact
	factBatch          = lastFact
	factMDD       fact = 100 // mdd n is factMDD+n
	factDimension fact = 300 // dimension i of the table is factDimension+i
)

// factNames are the names by which rules call the facts.
func factNames() []string {
	return []string{
		"merchant_id", "currency", "card_brand", "payment_method", "event_type", "fee_code", "outcome", "reason", "match_kind",
		"revenue_model", "component", "credit_memo", "store", "amount_sign", "batch_id",
	}
}

func (t *RuleTable) parseFact(name string) (fact, bool) {
	if dimension, ok := strings.CutPrefix(name, recon.DimensionPrefix); ok {
		i := slices.Index(t.dimensions, dimension)
		return factDimension + fact(i), i >= 0
	}
	return usualFact(name)
}

// usualFact is a fact that every table has.
func usualFact(name string) (fact, bool) {
	for i, known := range factNames() {
		if known == name {
			return fact(i), true
		}
	}
	text, isMDD := strings.CutPrefix(name, "mdd")
	n, err := strconv.Atoi(text)
	if !isMDD || err != nil || n < 1 || n > 100 || text != strconv.Itoa(n) {
		return 0, false
	}
	return factMDD + fact(n), true
}

func (f fact) String() string {
	switch {
	case f >= factDimension:
		return recon.DimensionPrefix + "dimension"
	case f > factMDD:
		return "mdd" + strconv.Itoa(int(f-factMDD))
	}
	return factNames()[f]
}

// The events that only the books know, beside those of the processor.
const (
	eventFunding     = "FUNDING"
	eventExchangeOut = "EXCHANGE_OUT" // a deposit in another currency: the batch's currency goes
	eventExchangeIn  = "EXCHANGE_IN"  // and the funding currency comes
	eventBank        = "BANK"
	eventAutoClear   = "AUTO_CLEAR"
)

// event is what the load-time checks know of an event type.
type event struct {
	name      string
	class     Class
	direction int64 // +1: usually money to the merchant, -1: from him, 0: either
	suspended bool  // an amount can be held
	writeOff  bool  // an amount can be written off
}

// events lists all, the processor's first.
func events() []event {
	return []event{
		{"CAPTURE", Settle, 1, true, true},
		{"REFUND", Settle, -1, true, true},
		{"CREDIT", Settle, -1, true, true},
		{"REJECT", Settle, 0, true, true},
		{"CHARGEBACK", Settle, -1, true, false},
		{"CHARGEBACK_REVERSAL", Settle, 1, true, false},
		{"FEE", Settle, -1, false, false},
		{"RESERVE_HOLD", Settle, -1, false, false},
		{"RESERVE_RELEASE", Settle, 1, false, false},
		{"ADJUSTMENT", Settle, 0, true, false},
		{eventFunding, Fund, 0, false, false},
		{eventExchangeOut, Fund, 0, false, false},
		{eventExchangeIn, Fund, 0, false, true},
		{eventBank, Bank, 0, false, false},
		{eventAutoClear, Reclass, 0, false, false},
	}
}

// values lists what a fact of a closed set can be; nil: any text.
func (f fact) values() (all []string) {
	switch f {
	case factEvent:
		for _, e := range events() {
			all = append(all, e.name)
		}
	case factOutcome:
		return []string{recon.Matched.String(), recon.Exception.String()}
	case factReason:
		for _, r := range recon.ExceptionReasons() {
			if r != recon.InvalidRow && r != recon.UnmappedGL {
				all = append(all, r.String())
			}
		}
		return append(all, none)
	case factKind:
		for k := recon.One; k <= recon.DirectKind; k++ {
			all = append(all, k.String())
		}
		return append(all, none)
	case factModel:
		return []string{modelName(recon.AR), modelName(recon.CashSale)}
	case factComponent:
		return append(wholeSale(), none)
	case factMemo:
		return []string{"yes", "no"}
	case factSign:
		return []string{"positive", "negative"}
	default:
		return nil
	}
	return all
}

// none is how a rule writes that there is no value.
const none = "none"

func modelName(m recon.RevenueModel) string {
	if m == recon.CashSale {
		return "CASH_SALE"
	}
	return "AR"
}

// subject is one movement as rules see it.
type subject struct {
	values     []string // by slot: the facts up to lastFact, then the documents' dimensions, then what else the table asks for
	split      bool     // the applied money is split over components
	components uint8    // which of them are not zero, by position
	open       uint32   // facts not decided yet, by bit; only while a row is being matched
	posting    recon.Date
	settled    recon.Date
	label      string // event type as the journal shows it
	currency   money.Currency
	stores     [storeKinds]string
}

// storeKind is which store a segment takes (2.2).
type storeKind int

const (
	merchantStore storeKind = iota
	documentStore
	headOffice
	storeKinds
)

// isOpen tells whether the fact is not decided yet.
func (s *subject) isOpen(f fact) bool { return f < lastFact && s.open&(1<<f) != 0 }

// amountSource is which amount of a movement a line takes.
type amountSource int

const (
	goodsAmount amountSource = iota
	taxAmount
	shippingAmount
	surchargeAmount
	suspendedAmount
	writeOffAmount
	appliedAmount
	fullAmount
	amountSources
)

func parseAmountSource(name string) (amountSource, error) {
	switch name {
	case "full":
		return fullAmount, nil
	case "applied", "fee":
		return appliedAmount, nil
	case "suspended":
		return suspendedAmount, nil
	case "write_off":
		return writeOffAmount, nil
	}
	for i, component := range wholeSale() {
		if name == "component:"+component {
			return amountSource(i), nil
		}
	}
	return 0, fmt.Errorf("%q is none of full, applied, suspended, write_off, fee and component:goods, tax, shipping or surcharge", name)
}

// amounts are a movement's amounts by source, in minor units of the entry's
// currency and, where they are made deposit by deposit (EDGE-1), in base.
type amounts struct{ minor, base [amountSources]int64 }

// view is where the facts of rows come from.
type view struct {
	table *RuleTable
	p     *recon.Policy
	txns  *recon.Transactions
	docs  *recon.Documents
}

// row is the subject of a processor row's movement.
func (v *view) row(f *recon.Facts, extra []string) *subject {
	merchant := v.txns.Word(f.Merchant)
	store, dimensions := v.docs.Place(f.DocPlace)
	s := v.subject(merchant, f.Currency, store, f.Type.String(), extra)
	v.table.fillDimensions(s, dimensions)
	s.posting, s.settled, s.split = f.Posting, f.Settled, f.Split
	s.values[factBrand], s.values[factMethod], s.values[factFeeCode] = v.txns.Word(f.Brand), v.txns.Word(f.Method), v.txns.Word(f.FeeCode)
	s.values[factOutcome], s.values[factReason], s.values[factKind] = f.Verdict.String(), f.Reason.String(), f.Kind.String()
	if f.Memo {
		s.values[factMemo] = "yes"
	}
	if f.Negative {
		s.values[factSign] = "negative"
	}
	s.components = componentsOf(f.Has)
	return s
}

// componentsOf reads which components are not zero from [recon.Facts].
func componentsOf(has uint8) uint8 { return has >> 3 & 0b1111 }

// carried is the subject of a carried item that a document, or a found dispute, explains now.
func (v *view) carried(p *recon.Posted, store string, dimensions []recon.Field, memo, negative bool) *subject {
	s := v.subject(p.Merchant, p.Currency, store, eventAutoClear, nil)
	v.table.fillDimensions(s, dimensions)
	s.posting = v.table.chart.PostingDate(v.p.To)
	s.settled = s.posting
	s.values[factOutcome], s.values[factReason] = recon.Exception.String(), p.OpenReason.String()
	if memo {
		s.values[factMemo] = "yes"
	}
	if negative {
		s.values[factSign] = "negative"
	}
	return s
}

// ownSlots is how many values every subject has: behind them are those that are fetched.
func (t *RuleTable) ownSlots() int { return int(lastFact) + len(t.dimensions) }

// fillDimensions sets those dimensions of a document that the table knows.
func (t *RuleTable) fillDimensions(s *subject, dimensions []recon.Field) {
	for _, d := range dimensions {
		if i := slices.Index(t.dimensions, d.Name); i >= 0 {
			s.values[int(lastFact)+i] = d.Value
		}
	}
}

// subject is what all movements have in common.
func (v *view) subject(merchant string, c money.Currency, docStore, event string, extra []string) *subject {
	own := v.table.ownSlots()
	s := &subject{values: make([]string, own, own+len(extra)), label: event, currency: c}
	s.values = append(s.values, extra...)
	ownStore := v.table.chart.storeOf(v.p, merchant)
	if docStore == "" {
		docStore = ownStore
	}
	s.stores = [storeKinds]string{ownStore, docStore, v.table.chart.HeadOffice}
	s.values[factMerchant], s.values[factCurrency], s.values[factEvent], s.values[factStore] = merchant, c.String(), event, docStore
	s.values[factModel] = modelName(v.p.Merchants[merchant].Model)
	s.values[factMemo], s.values[factSign] = "no", "positive"
	return s
}
