package reportfile

import "tieout/ledger/money"

// The interchange clearing level details: what interchange each request cost.
const (
	InterchangeJSON Kind = "interchange-json"
	InterchangeCSV  Kind = "interchange-csv"
)

func interchangeJSON() format {
	return format{
		kind:    InterchangeJSON,
		rank:    3,
		body:    jsonBody,
		lists:   []string{"interchangeClearingLevelDetails"},
		columns: interchangeColumns(),
		known:   interchangeKnown(),
		read:    (*worker).readInterchange,
	}
}

func interchangeCSV() format {
	return format{
		kind:    InterchangeCSV,
		rank:    3,
		titles:  []string{"interchange"},
		columns: interchangeColumns(),
		known:   interchangeKnown(),
		header: func(has func(role) bool, _ int) bool {
			return has(requestID) && has(feeAmount) && has(settledTime) && has(feeCurrency)
		},
		read: (*worker).readInterchange,
	}
}

func interchangeColumns() []column {
	return []column{
		{requestID, true, []string{"requestId"}},
		{feeAmount, true, []string{"interchangeAmount"}},
		{feeCurrency, true, []string{"settlementCurrencyCode"}},
		{settledTime, true, []string{"settlementTime"}},
		{batchDate, false, []string{"batchTime"}},
		{batchID, false, []string{"merchantBatchNumber"}},
		{merchantID, false, []string{"organizationId", "merchantId"}},
		{reference, false, []string{"merchantReferenceNumber"}},
		{processRef, false, []string{"transactionReferenceNumber"}},
		{paymentType, false, []string{"paymentSubTypeDescription"}},
		{accountSuffix, false, []string{"accountSuffix"}},
		{transactionDate, false, []string{"transactionTime"}},
		{authCode, false, []string{"authCode"}},
	}
}

func interchangeKnown() []string {
	return []string{
		"accountId", "processorMerchantId", "paymentSubType", "processedTime", "transactionType", "amount", "currencyCode", "priceType", "priceAmountOne",
		"priceAmountTwo", "reClass", "settlementProcessor", "clearedLevel", "billbackReasonCode", "billbackReasonDescription", "merchantPricedLevel",
		"discountRate", "discountAmount", "clearingRateAmountOne", "clearingRateAmountTwo", "clearingRateAmountThree", "clearingRateCurrencyCode",
		"billbackAmount", "settlementAmount", "conversionRate", "deltaCost", "surchargeAmount", "percentRateCharged", "perTransactionCharged",
		"downgradeReasonCode", "processTime", "processorBatchNumber", "cardIndicator", "minimumUnit", "minimumUnitCurrencyCode", "creditDeltaIndicator",
		"feeCategory", "applicationName", "startTime", "endTime",
	}
}

// readInterchange makes the fee of a request, on the day of its batch.
func (w *worker) readInterchange() {
	w.readCommon()
	w.readPayment()
	w.readOccurred(transactionDate, false)
	when := batchDate
	if len(w.value(when)) == 0 {
		when = settledTime
	}
	w.readBatched(when)
	if len(w.value(when)) == 0 {
		w.blameValue(when, "bad_time", "the time of the settlement")
	}
	c, err := money.ParseCurrency(alias(w.value(feeCurrency)))
	if w.txn.Currency = c; err != nil {
		w.blameValue(feeCurrency, "unknown_currency", "an ISO 4217 code in capitals such as USD")
		w.wait("INTERCHANGE", 0)
		return
	}
	w.wait("INTERCHANGE", w.readFee(feeAmount, c))
}
