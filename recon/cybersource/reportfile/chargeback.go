package reportfile

import (
	"strings"

	"tieout/recon"
)

// The chargeback details. The amount is a magnitude and its sign stands apart:
// minus is taken from the merchant, plus is given back (cybersource.md 3.3).
const (
	ChargebackJSON Kind = "chargeback-json"
	ChargebackCSV  Kind = "chargeback-csv"
)

func chargebackJSON() format {
	return format{
		kind:    ChargebackJSON,
		rank:    1,
		body:    jsonBody,
		lists:   []string{"chargebackDetails"},
		columns: append(disputeColumns(), column{sign, true, []string{"sign"}}),
		known:   disputeKnown(),
		read:    (*worker).readChargeback,
	}
}

func chargebackCSV() format {
	return format{
		kind:    ChargebackCSV,
		rank:    1,
		titles:  []string{"chargebackdetail"},
		columns: append(disputeColumns(), column{sign, true, []string{"sign"}}),
		known:   disputeKnown(),
		header: func(has func(role) bool, _ int) bool {
			return has(requestID) && has(caseNo) && has(sign) && has(eventDate)
		},
		read: (*worker).readChargeback,
	}
}

// disputeColumns are what chargebacks and retrievals have in common.
func disputeColumns() []column {
	return []column{
		{requestID, true, []string{"requestId"}},
		{amount, true, []string{"amount"}},
		{currency, true, []string{"currencyCode", "currency"}},
		{eventDate, true, []string{"time", "chargebackTime", "retrievalTime"}},
		{caseNo, false, []string{"trackingNumber", "caseNumber"}},
		{dueDate, false, []string{"responseDueTime", "respondByDate"}},
		{merchantID, false, []string{"organizationId", "merchantId", "merchantName"}},
		{reference, false, []string{"merchantReferenceNumber"}},
		{processRef, false, []string{"transactionReferenceNumber"}},
		{paymentType, false, []string{"cardType"}},
	}
}

func disputeKnown() []string {
	return []string{
		"processorMerchantId", "merchantName", "natureOfDispute", "alertType", "action", "actionDescription", "originalSettlementTime", "customerId",
		"reasonCode", "representmentCPTime", "applications", "eventRequestedTime", "preDisputeFlag", "startTime", "endTime", "sign",
	}
}

// readChargeback reads a dispute of the request whose id it has. One that is
// given back follows the dispute of its case.
func (w *worker) readChargeback() {
	w.readDispute()
	t := &w.txn
	switch strings.ToUpper(string(w.value(sign))) {
	case "-", "N", "NEGATIVE", "DEBIT":
		t.Type, t.Amount = recon.Chargeback, -magnitude(t.Amount)
		w.dispute(t.Case)
	case "+", "P", "POSITIVE", "CREDIT":
		if t.Amount < 0 {
			w.blameValue(amount, "wrong_sign", "no minus, since the sign is plus")
		}
		t.Type = recon.ChargebackReversal
		w.dispute(t.Case)
		t.Parent = t.ID
	default:
		w.blameValue(sign, "unknown_sign", "minus where it is taken from the merchant, plus where it is given back; ask the processor")
	}
	w.emit()
}

// readDispute reads what chargebacks and retrievals have in common.
func (w *worker) readDispute() {
	w.readCommon()
	w.readPayment()
	w.readMoney(w.value(amount), w.value(currency))
	w.readBatched(eventDate)
	if t := &w.txn; len(w.value(eventDate)) == 0 {
		w.blameValue(eventDate, "bad_time", "the time of the dispute")
	} else if t.Occurred = t.Batched; t.Batched == 0 {
		t.Occurred = 0
	}
	w.txn.Case = alias(w.value(caseNo))
	if v := w.value(dueDate); len(v) > 0 {
		day, at, ok := parseWhen(v)
		switch {
		case !ok:
			w.blameValue(dueDate, "bad_time", "a date such as 2026-09-30 or a time with its offset such as 2026-09-30T20:30:00Z")
		case day != 0:
			w.txn.DueDate = day
		default:
			w.txn.DueDate = dayWritten(v, at)
		}
	}
}

// dayWritten is the day that a time was written with, in its own offset.
func dayWritten(v []byte, at recon.Instant) recon.Date {
	if day, err := recon.ParseDate(v[:10]); err == nil {
		return day
	}
	return dayOf(at)
}
