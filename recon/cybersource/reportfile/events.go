package reportfile

import (
	"strings"

	"tieout/recon"
)

// PaymentEventsCSV is the Payment Events or Processor Events Detail Report: what
// the processor says became of a payment (cybersource.md 4.6).
const PaymentEventsCSV Kind = "payment-events-csv"

func paymentEventsCSV() format {
	return format{
		kind:   PaymentEventsCSV,
		rank:   4,
		titles: []string{"paymentevents", "processorevents"},
		columns: []column{
			{requestID, true, []string{"request_id"}},
			{eventName, true, []string{"event", "event_type"}},
			{eventDate, true, []string{"event_date"}},
			{amount, true, []string{"amount", "merchant_amount"}},
			{currency, true, []string{"currency", "CurrencyCode", "merchant_currency_code"}},
			{merchantID, false, []string{"merchant_id"}},
			{reference, false, []string{"merchant_ref_number", "MerchantReferenceNumber"}},
			{processRef, false, []string{"trans_ref_no", "TransactionReferenceNumber"}},
			{paymentType, false, []string{"payment_type", "payment_method"}},
			{transactionDate, false, []string{"transaction_date"}},
			{feeAmount, false, []string{"fee_amount"}},
		},
		// The servlet's form names no columns.
		positions: []string{
			"request_id", "merchant_id", "merchant_ref_number", "payment_type", "event_type", "event_date", "trans_ref_no",
			"merchant_currency_code", "merchant_amount", "consumer_currency_code", "consumer_amount", "fee_currency_code", "fee_amount", "processor_message",
		},
		known: []string{"consumer_currency_code", "consumer_amount", "fee_currency_code", "processor_message", "ProcessorMessage", "LocalizedRequestDate"},
		read:  (*worker).readEvent,
	}
}

// readEvent reads an event. The amount is signed as the file has it; a failure
// takes back what it speaks of.
func (w *worker) readEvent() {
	w.readCommon()
	w.readPayment()
	t := &w.txn
	name := strings.ToLower(string(w.value(eventName)))
	switch name {
	case "payment":
		t.Type = recon.Capture
	case "refund":
		t.Type = recon.CreditOrRefund
	case "failed":
		t.Type = recon.Reject
	case "chargeback":
		t.Type = recon.Chargeback
	default:
		w.blameValue(eventName, "unknown_event", "Payment, Failed, Refund or Chargeback; ask the processor what the row is")
	}
	w.readAmount()
	w.readOccurred(transactionDate, false)
	w.readBatched(eventDate)
	switch t.Type {
	case recon.Reject:
		t.Amount, t.Parent = -t.Amount, t.ID
	case recon.Chargeback:
		t.Amount = -magnitude(t.Amount)
		w.dispute("")
	default: // signed as it stands
	}
	if len(w.value(feeAmount)) > 0 {
		w.note(w.layout.nameOf(feeAmount), "fee_not_used", "the row names a fee, which is not booked from this report; give the fee report")
	}
	w.emit()
}

// dispute makes the row one that follows the request whose id it has, with an
// id of its own: several disputes of one capture are told apart by their case, else by their date.
func (w *worker) dispute(caseNumber string) {
	t := &w.txn
	mark := caseNumber
	switch {
	case mark != "":
	case t.BatchDate != 0:
		mark = t.BatchDate.String()
	case t.Batched != 0:
		mark = dayOf(t.Batched).String()
	}
	t.Parent = t.ID
	t.ID = t.ID + "-" + mark
}
