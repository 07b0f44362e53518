package reportfile

import (
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
)

// The purchase and refund details: settled requests with what the acquirer took
// and funds for each (cybersource.md 3.3). As JSON they are six lists that are
// joined by request id, which is done in memory; a page has at most 2,000 requests.
const (
	PurchaseRefundJSON Kind = "purchase-refund-json"
	PurchaseRefundCSV  Kind = "purchase-refund-csv"
)

func purchaseRefundJSON() format {
	return format{
		kind:    PurchaseRefundJSON,
		rank:    2,
		body:    jsonBody,
		lists:   []string{"requestDetails", "settlements", "authorizations", "feeAndFundingDetails", "others", "settlementStatuses"},
		join:    true,
		columns: purchaseRefundColumns(),
		known:   purchaseRefundKnown(),
		read:    (*worker).readPurchaseRefund,
		control: (*worker).countFunded,
	}
}

func purchaseRefundCSV() format {
	return format{
		kind:    PurchaseRefundCSV,
		rank:    2,
		titles:  []string{"purchaserefund", "purchaseandrefund"},
		columns: purchaseRefundColumns(),
		known:   purchaseRefundKnown(),
		header: func(has func(role) bool, _ int) bool {
			return has(requestID) && has(eventName) && has(batchDate) && (has(feeAmount) || has(fundedAmount))
		},
		read:    (*worker).readPurchaseRefund,
		control: (*worker).countFunded,
	}
}

func purchaseRefundColumns() []column {
	return []column{
		{requestID, true, []string{"requestId"}},
		{eventName, true, []string{"settlements.transactionType", "transactionType"}},
		{amount, true, []string{"settlements.amount", "amount"}},
		{currency, true, []string{"settlements.currencyCode", "currencyCode", "currency"}},
		{batchDate, true, []string{"settlements.cybersourceBatchTime", "cybersourceBatchTime"}},
		{batchID, false, []string{"settlements.cybersourceBatchId", "cybersourceBatchId"}},
		{merchantID, false, []string{"requestDetails.cybersourceMerchantId", "cybersourceMerchantId"}},
		{reference, false, []string{"requestDetails.merchantReferenceNumber", "merchantReferenceNumber"}},
		{processRef, false, []string{"requestDetails.transactionReferenceNumber", "transactionReferenceNumber"}},
		{paymentType, false, []string{"settlements.paymentMethod", "paymentMethod"}},
		{accountSuffix, false, []string{"settlements.accountSuffix", "accountSuffix"}},
		{transactionDate, false, []string{"settlements.submissionTime", "submissionTime"}},
		{authCode, false, []string{"authorizations.code", "authorizationCode"}},
		{authRequest, false, []string{"authorizations.authorizationRequestId", "authorizationRequestId"}},
		{feeAmount, false, []string{"feeAndFundingDetails.totalFee", "totalFee"}},
		{feeCurrency, false, []string{"feeAndFundingDetails.feeCurrency", "feeCurrency"}},
		{feePerItem, false, []string{"feeAndFundingDetails.interchangePerItemFee", "interchangePerItemFee"}},
		{feePercent, false, []string{"feeAndFundingDetails.interchangePercentageAmount", "interchangePercentageAmount"}},
		{feeDues, false, []string{"feeAndFundingDetails.duesAssessments", "duesAssessments"}},
		{feeDiscount, false, []string{"feeAndFundingDetails.discountAmount", "discountAmount"}},
		{feeDiscItem, false, []string{"feeAndFundingDetails.discountPerItemFee", "discountPerItemFee"}},
		{fundedAmount, false, []string{"feeAndFundingDetails.fundingAmount", "fundingAmount"}},
		{fundedCurrency, false, []string{"feeAndFundingDetails.fundingCurrency", "fundingCurrency"}},
		{status, false, []string{"settlementStatuses.errorText", "errorText"}},
	}
}

func purchaseRefundKnown() []string {
	return []string{
		"offset", "limit", "pageResults", "requestDetails.processorMerchantId", "processorMerchantId", "requestDetails.groupName", "groupName",
		"settlements.walletType", "walletType", "settlements.paymentType", "paymentType", "settlements.cardType", "cardType", "settlements.debitNetwork", "debitNetwork",
		"authorizations.transactionReferenceNumber", "authorizations.time", "authorizations.amount", "authorizations.currencyCode", "authorizations.rcode",
		"feeAndFundingDetails.interchangeDescription", "interchangeDescription", "feeAndFundingDetails.interchangePercentage", "interchangePercentage",
		"feeAndFundingDetails.discountPercentage", "discountPercentage", "others.firstName", "firstName", "others.lastName", "lastName",
		"settlementStatuses.status", "status", "settlementStatuses.settlementTime", "settlementTime", "settlementStatuses.reasonCode", "reasonCode",
	}
}

// readPurchaseRefund makes a settled row of a request and, where it has fees, rows of these.
func (w *worker) readPurchaseRefund() {
	w.readSettled()
	if v := w.value(status); len(v) > 0 {
		w.note(w.layout.nameOf(status), "settlement_error", "the processor reports an error on the settlement of this request; the row is used all the same, ask the processor what it means")
	}
	w.emit()
	if w.faulty || len(w.value(feeAmount)) == 0 {
		return // a faulty request is quarantined as a whole
	}
	w.begin()
	w.readSettled()
	w.readFees()
}

func (w *worker) readSettled() {
	w.readCommon()
	t := &w.txn
	switch kind := strings.ToLower(string(w.value(eventName))); {
	case strings.HasPrefix(kind, "purchase"):
		t.Type = recon.Capture
	case strings.HasPrefix(kind, "refund"):
		t.Type = recon.CreditOrRefund
	default:
		w.blameValue(eventName, "unknown_event", "Purchases or Refunds; ask the processor what the row is")
	}
	w.readPayment()
	w.readAmount()
	w.readBatched(batchDate)
	if len(w.value(batchDate)) == 0 {
		w.blameValue(batchDate, "bad_batch_date", "the time of the batch, since the request is settled")
	}
	w.readOccurred(transactionDate, false)
	if t.Type == recon.Capture { // what a refund follows is a capture, which this report does not name
		w.readParent(authRequest)
	}
}

// readFees books the whole fee, by its parts where they add up to it.
func (w *worker) readFees() {
	c, err := money.ParseCurrency(alias(w.value(feeCurrency)))
	w.txn.Currency, w.txn.Amount = c, 0
	if err != nil {
		w.blameValue(feeCurrency, "unknown_currency", "an ISO 4217 code in capitals such as USD")
		w.wait(recon.WholeFee, 0)
		return
	}
	total := w.readFee(feeAmount, c)
	parts := []struct {
		code string
		fine int64
	}{
		{"INTERCHANGE", w.readFee(feePerItem, c) + w.readFee(feePercent, c)},
		{"ASSESSMENT", w.readFee(feeDues, c)},
		{"PROCESSOR", w.readFee(feeDiscount, c) + w.readFee(feeDiscItem, c)},
	}
	if w.faulty || parts[0].fine+parts[1].fine+parts[2].fine != total {
		w.waitUnlessZero(recon.WholeFee, total)
		return
	}
	settled := w.txn
	for _, part := range parts {
		w.txn = settled
		w.waitUnlessZero(part.code, part.fine)
	}
}

func (w *worker) waitUnlessZero(code string, fine int64) {
	if fine != 0 || w.faulty {
		w.wait(code, fine)
	}
}

// countFunded counts what the acquirer says it funds for a request. It names no
// deposit and no day, so that it is no deposit of its own.
func (w *worker) countFunded() {
	w.readID()
	if len(w.value(fundedAmount)) == 0 || !w.readCurrency(fundedCurrency) {
		if w.searchCards(); w.faulty {
			w.count(Control{})
		}
		return
	}
	c := w.controlOf("FUNDED")
	c.Count, c.Amount = 1, w.readTotal(fundedAmount)
	w.count(c)
}
