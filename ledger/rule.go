package ledger

import "tieout/recon"

// Rule says how one kind of movement is booked (settlement-accounting 2.2). It
// is data as finance writes it; [NewRuleTable] checks it and makes it work.
type Rule struct {
	ID       string // unique; journal lines store it (GL-07)
	Priority int    // ascending, first match wins; a company's own rules have 1 to 999, the default rules more
	// ValidFrom and ValidTo are posting dates, both ends included; 0 is open.
	ValidFrom, ValidTo recon.Date
	When               When
	Post               []Posting
}

// When is what must hold for a rule, by the name of the fact: merchant_id,
// currency, card_brand, payment_method, event_type, fee_code, outcome, reason,
// match_kind, revenue_model, component, credit_memo, store, amount_sign,
// batch_id, mdd1 to mdd100, and the dimensions of documents such as
// document_department. All facts must agree; of a fact's values one is enough:
//
//	VISA          exactly this value, "none" if there is no value
//	100..199      a range of values of equal length, both ends included
//	/^D[0-9]+$/   mdd and dimensions only: a regular expression (RE2)
//	*             anything, the same as leaving the fact out
//
// A rule that names no event_type holds for all events of the processor.
// FUNDING, EXCHANGE_OUT, EXCHANGE_IN, BANK and AUTO_CLEAR are named or not meant.
type When map[string][]string

// Posting is one line that a rule posts.
//
// Amounts are signed like the movement, + money to the merchant. Side natural
// (or "") is debit for the money itself (full) that the merchant receives, and
// credit for everything that explains it; the other way round when he pays.
// D and C stand for rows of the usual direction; a row of the other direction,
// such as a refunded fee, takes the other side.
//
// Account is a template: text with {segments}. A segment is an account of the
// chart by its key ({ar}), {fees[fee_code]}, {adjustments[fee_code]} or
// {cash[currency]}; {merchant_store}, {document_store} (the merchant's where the
// document has none), {head_office}; {store}, which is one of the three by what
// the account is for; a lookup of the company such as {dept[mdd4]}; or a fact
// such as {mdd4} or {document_department}. A segment without a value makes the row
// UNMAPPED_GL; a carried item stays open then, whatever document explains it.
//
// Amount is full, applied, suspended, write_off, component:goods,
// component:tax, component:shipping, component:surcharge or fee.
type Posting struct {
	Side    string
	Account string
	Amount  string
	Memo    string   // template; "" is the usual one
	Rollup  []string // facts that split the line, beside account, side and event type (GL-08)
}

// DefaultRules are the accounts of settlement-accounting 1.3 to 1.6. Their
// priorities lie behind those of a company's own rules.
func DefaultRules() []Rule {
	disputes := []string{"CHARGEBACK", "CHARGEBACK_REVERSAL"}
	return []Rule{
		// Rows that took no document's money in or out.
		{ID: "netted-pair", Priority: 1010, When: When{"match_kind": {"NETTED"}}, Post: against("{deposits}-{merchant_store}")},
		{ID: "dispute", Priority: 1020, When: When{"event_type": disputes}, Post: against("{cb_receivable}-{merchant_store}")},
		{ID: "fee", Priority: 1030, When: When{"event_type": {"FEE"}}, Post: against("{fees[fee_code]}-{merchant_store}")},
		{ID: "adjustment", Priority: 1040, When: When{"event_type": {"ADJUSTMENT"}}, Post: against("{adjustments[fee_code]}-{merchant_store}")},
		{ID: "reserve", Priority: 1050, When: When{"event_type": {"RESERVE_HOLD", "RESERVE_RELEASE"}}, Post: against("{reserve}-{merchant_store}")},
		// Sales and what is given back. An unpaid part, or an excess, is held.
		{ID: "cash-sale-return", Priority: 1110, When: cashSale("yes"), Post: components("{clearing}-{merchant_store}", "{returns}", true)},
		{ID: "cash-sale", Priority: 1120, When: cashSale("no"), Post: components("{clearing}-{merchant_store}", "{sales}", true)},
		{ID: "held", Priority: 1130, When: When{"reason": heldReasons()}, Post: against("{unapplied}-{merchant_store}")},
		{ID: "held-and-closed", Priority: 1140, When: When{"match_kind": {"REJECTED", "CLEARS_SUSPENSE"}}, Post: against("{unapplied}-{merchant_store}")},
		{ID: "receivable", Priority: 1150, Post: against("{ar}-{document_store}")},
		// What an earlier run held and this one explains.
		{ID: "clear-to-dispute", Priority: 1210, When: When{"event_type": {"AUTO_CLEAR"}, "reason": {"CHARGEBACK_UNLINKED"}}, Post: move("{unapplied}-{merchant_store}", "{cb_receivable}-{merchant_store}")},
		{ID: "clear-to-cash-sale-return", Priority: 1220, When: cashSale("yes", "AUTO_CLEAR"), Post: components("{unapplied}-{merchant_store}", "{returns}", false)},
		{ID: "clear-to-cash-sale", Priority: 1230, When: cashSale("no", "AUTO_CLEAR"), Post: components("{unapplied}-{merchant_store}", "{sales}", false)},
		{ID: "clear-to-receivable", Priority: 1240, When: When{"event_type": {"AUTO_CLEAR"}}, Post: move("{unapplied}-{merchant_store}", "{ar}-{document_store}")},
		// Deposits and the bank (1.6: another currency goes out through fx_clearing and comes in from it).
		{ID: "funding", Priority: 1310, When: When{"event_type": {"FUNDING"}}, Post: move("{in_transit}-{head_office}", "{clearing}-{merchant_store}")},
		{ID: "exchange-out", Priority: 1320, When: When{"event_type": {"EXCHANGE_OUT"}}, Post: move("{fx_clearing}-{head_office}", "{clearing}-{merchant_store}")},
		{ID: "exchange-in", Priority: 1330, When: When{"event_type": {"EXCHANGE_IN"}}, Post: append(move("{in_transit}-{head_office}", "{fx_clearing}-{head_office}"),
			Posting{Account: "{fx_diff}-{head_office}", Amount: "write_off"})},
		{ID: "bank-unidentified", Priority: 1410, When: When{"event_type": {"BANK"}, "reason": {"BANK_UNIDENTIFIED"}}, Post: move("{cash[currency]}-{head_office}", "{unidentified}-{head_office}")},
		{ID: "bank", Priority: 1420, When: When{"event_type": {"BANK"}}, Post: move("{cash[currency]}-{head_office}", "{in_transit}-{head_office}")},
	}
}

// NoRule is the id of the rule that books what no rule has an account for.
const NoRule = "no-rule"

// noRule books what no rule has an account for: the contra goes to gl_suspense (GL-06).
func noRule() []Rule {
	suspense := "{gl_suspense}-{merchant_store}"
	return []Rule{
		{ID: NoRule, Post: []Posting{
			{Account: "{clearing}-{merchant_store}", Amount: "full"},
			{Account: suspense, Amount: "applied"},
			{Account: suspense, Amount: "suspended"},
			{Account: suspense, Amount: "write_off"},
		}},
		{ID: NoRule, When: When{"event_type": {"AUTO_CLEAR"}}, Post: move("{unapplied}-{merchant_store}", suspense)},
	}
}

// move is money that goes to one account and is explained by another.
func move(to, from string) []Posting {
	return []Posting{{Account: to, Amount: "full"}, {Account: from, Amount: "applied"}}
}

// against is clearing against the account of what was applied; the rest is held or written off.
func against(account string) []Posting {
	return append(move("{clearing}-{merchant_store}", account), rest()...)
}

func rest() []Posting {
	return []Posting{{Account: "{unapplied}-{merchant_store}", Amount: "suspended"}, {Account: "{small_diff}-{merchant_store}", Amount: "write_off"}}
}

// components is money against the parts of a cash sale (1.4).
func components(money, goods string, withRest bool) []Posting {
	post := []Posting{
		{Account: money, Amount: "full"},
		{Account: goods + "-{document_store}", Amount: "component:goods"},
		{Account: "{tax}-{document_store}", Amount: "component:tax"},
		{Account: "{freight}-{document_store}", Amount: "component:shipping"},
		{Account: "{surcharge}-{document_store}", Amount: "component:surcharge"},
	}
	if withRest {
		post = append(post, rest()...)
	}
	return post
}

// cashSale holds for a split cash sale, or for what is given back of one; without events, of any row.
func cashSale(creditMemo string, events ...string) When {
	w := When{"revenue_model": {"CASH_SALE"}, "component": wholeSale(), "credit_memo": {creditMemo}}
	if len(events) > 0 {
		w["event_type"] = events
	}
	return w
}

// wholeSale is any part of a cash sale.
func wholeSale() []string { return []string{"goods", "tax", "shipping", "surcharge"} }

// heldReasons are the exceptions that take no document's money: all of it is held.
func heldReasons() (codes []string) {
	for _, r := range []recon.Reason{
		recon.WrongMerchant, recon.NoOrder, recon.CurrencyMismatch, recon.DuplicateOrder, recon.AmbiguousMatch, recon.WeakMatch,
		recon.OrderCancelled, recon.DuplicateTxn, recon.DateWindow, recon.RefundNoCreditMemo, recon.RefundOverCapture, recon.CreditUnlinked,
	} {
		codes = append(codes, r.String())
	}
	return codes
}
