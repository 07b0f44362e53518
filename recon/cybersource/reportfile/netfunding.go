package reportfile

import (
	"slices"
	"strings"
)

// The net funding summaries: what was conveyed and funded by kind and card, as
// control totals (cybersource.md 3.3). They name no deposit and no day of one.
const (
	NetFundingJSON Kind = "net-funding-json"
	NetFundingCSV  Kind = "net-funding-csv"
)

func netFundingJSON() format {
	return format{
		kind:    NetFundingJSON,
		body:    jsonBody,
		lists:   []string{"netFundingSummaries", "totalPurchases", "totalRefunds", "totalFees", "totalChargebacks", "netTotal"},
		columns: append(netFundingColumns(), column{list, false, []string{listColumn}}, column{totalAmount, false, []string{"value"}}, column{totalCurrency, false, []string{"currency"}}),
		known:   netFundingKnown(),
		control: (*worker).countNetFunding,
	}
}

func netFundingCSV() format {
	return format{
		kind:    NetFundingCSV,
		titles:  []string{"netfunding"},
		columns: netFundingColumns(),
		known:   netFundingKnown(),
		header: func(has func(role) bool, _ int) bool {
			return has(eventName) && has(fundedAmount) && has(conveyedAmount)
		},
		control: (*worker).countNetFunding,
	}
}

func netFundingColumns() []column {
	return []column{
		{eventName, true, []string{"type"}},
		{fundedAmount, true, []string{"fundedAmount"}},
		{fundedCurrency, true, []string{"currencyCode"}},
		{fundedCount, false, []string{"fundedCount"}},
		{conveyedAmount, false, []string{"conveyedAmount"}},
		{conveyedCount, false, []string{"conveyedCount"}},
		{paymentType, false, []string{"paymentSubType"}},
		{merchantID, false, []string{"merchantId", "organizationId"}},
	}
}

func netFundingKnown() []string { return []string{"startTime", "endTime", "settledCount"} }

// countNetFunding counts what was funded, and what was conveyed beside it.
func (w *worker) countNetFunding() {
	if in := string(w.value(list)); in != "" && in != "netFundingSummaries" {
		in = strings.TrimSuffix(strings.TrimPrefix(in, "total"), "Total")
		w.countTotal("TOTAL "+strings.ToUpper(in), totalAmount, totalCurrency)
		return
	}
	kind := string(w.value(eventName))
	if !slices.Contains([]string{"PURCHASES", "REFUNDS", "FEES", "CHARGEBACKS"}, kind) {
		w.blameValue(eventName, "unknown_event", "PURCHASES, REFUNDS, FEES or CHARGEBACKS; ask the processor what the row is")
	}
	if conveyed := w.value(conveyedAmount); len(conveyed) > 0 && w.readCurrency(fundedCurrency) {
		c := w.controlOf(kind + " CONVEYED")
		c.Count, c.Amount = w.readCount(conveyedCount), signed(kind, w.readTotal(conveyedAmount))
		w.beside(c)
	}
	w.countTotal(kind, fundedAmount, fundedCurrency)
}

func (w *worker) countTotal(kind string, of, in role) {
	if !w.readCurrency(in) {
		w.count(Control{})
		return
	}
	c := w.controlOf(kind)
	c.Count, c.Amount = w.readCount(fundedCount), signed(kind, w.readTotal(of))
	w.count(c)
}

// signed gives a magnitude the sign of its kind; what is signed already keeps its sign.
func signed(kind string, minor int64) int64 {
	switch strings.TrimPrefix(kind, "TOTAL ") {
	case "REFUNDS", "FEES", "CHARGEBACKS", "CREDITS":
		return -magnitude(minor)
	}
	return minor
}
