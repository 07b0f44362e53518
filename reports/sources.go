package reports

import "tieout/recon"

// SourceDay is what came of one report of a merchant and a business day.
type SourceDay struct {
	Merchant, Report string
	Day              recon.Date
	State            string // RECEIVED, RESTATED, EMPTY, LATE, MISSING or QUARANTINED
	Required         bool
	Why              string // unless received
	File             string
	SHA256           string // of the kept copy, card numbers masked (R7)
	Before           string // of the file that this one restates
	Size             int64
	Masked           int           // values with card data that were not kept
	From, To         recon.Instant // what the report covers, To not included
	Received, Asked  recon.Instant
}
