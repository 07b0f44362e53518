package reports

// Definitions explains the words of the workbook to a reader who sees it for the first time.
func Definitions() []Definition {
	return []Definition{
		{"event", "One row of the card processor: a capture, refund, chargeback, fee and so on."},
		{"document", "One invoice, order or credit memo of the ERP."},
		{"settlement date", "The local day of the batch in the company's zone, one day later from the cut-off on."},
		{"origin date", "The day from which an exception ages: settlement date, document date or value date; never the day of the run."},
		{"clearing", "The account of card receipts that are settled and not yet deposited."},
		{"suspense", "The account of card receipts that are not applied to a document yet."},
		{"amount", "Signed from the merchant's side: plus is money to the merchant, minus is money from the merchant."},
		{"matched", "The row agrees with a document, or needs none."},
		{"exception", "Somebody must look: the reason says why, the owner says who, the action says what."},
		{"ignored", "The row moves no money in this run; the reason says why."},
		{"severity H", "Blocks the close of the period until it has a disposition."},
		{"severity M", "Act this week."},
		{"severity L", "Informational, or a matter of timing."},
		{"applied", "The part of an amount that settles documents."},
		{"suspended", "The part of an amount that waits in suspense."},
		{"write-off", "A difference within the tolerance that closed its document."},
		{"TieDifference", "The sum of the absolute checks of all currencies. It is 0 or the run cannot be released; nothing overrides it."},
		{"NOT PROVIDED", "The run did not have this source. It is not the same as 0."},
	}
}
