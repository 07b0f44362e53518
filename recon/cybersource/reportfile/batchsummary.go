package reportfile

// The payment batch summaries: sales and credits by currency, account and card,
// as control totals of the batch report (cybersource.md 3.3).
const (
	BatchSummaryJSON Kind = "batch-summary-json"
	BatchSummaryCSV  Kind = "batch-summary-csv"
)

func batchSummaryJSON() format {
	return format{
		kind:    BatchSummaryJSON,
		body:    jsonBody,
		lists:   []string{"paymentBatchSummaries"},
		columns: batchSummaryColumns(),
		known:   batchSummaryKnown(),
		control: (*worker).countBatchSummary,
	}
}

func batchSummaryCSV() format {
	return format{
		kind:    BatchSummaryCSV,
		titles:  []string{"paymentbatchsummar"},
		columns: batchSummaryColumns(),
		known:   batchSummaryKnown(),
		header: func(has func(role) bool, _ int) bool {
			return has(saleCount) && has(saleAmount) && has(creditCount) && has(creditAmount)
		},
		control: (*worker).countBatchSummary,
	}
}

func batchSummaryColumns() []column {
	return []column{
		{currency, true, []string{"currencyCode", "currency"}},
		{saleCount, true, []string{"salesCount"}},
		{saleAmount, true, []string{"salesAmount"}},
		{creditCount, true, []string{"creditCount"}},
		{creditAmount, true, []string{"creditAmount"}},
		{paymentType, false, []string{"paymentSubTypeDescription"}},
		{merchantID, false, []string{"merchantId"}},
	}
}

func batchSummaryKnown() []string {
	return []string{"startTime", "endTime", "accountName", "accountId", "merchantName"}
}

// countBatchSummary counts sales, and credits beside them.
func (w *worker) countBatchSummary() {
	if !w.readCurrency(currency) {
		w.count(Control{})
		return
	}
	sales, credits := w.controlOf("SALES"), w.controlOf("CREDITS")
	sales.Count, sales.Amount = w.readCount(saleCount), w.readTotal(saleAmount)
	credits.Count, credits.Amount = w.readCount(creditCount), signed(credits.Type, w.readTotal(creditAmount))
	w.beside(credits)
	w.count(sales)
	if !w.faulty {
		w.out.add(credits.Amount, credits.Currency)
	}
}
