package reports

import (
	"tieout/ledger/money"
	"tieout/recon"
)

// Bucket is the aging bucket of so many days: an index into [BucketNames].
func Bucket(days int) int {
	bucket := 0
	for i, from := range BucketStarts() {
		if days >= from {
			bucket = i
		}
	}
	return bucket
}

// BucketStarts are the first days of the aging buckets (3.5).
func BucketStarts() [6]int { return [6]int{0, 4, 8, 15, 31, 61} }

// BucketNames are the aging buckets as people write them.
func BucketNames() [6]string { return [6]string{"0-3", "4-7", "8-14", "15-30", "31-60", "61+"} }

// Tally is a number of items and what they add up to.
type Tally struct {
	Items  int
	Amount money.Amount
}

// Movement is how the open items of a reason and a currency moved since the
// prior list: prior + new - cleared - written off + changed = open now (ME-04).
// Open now is not given: the workbook counts its own list.
type Movement struct {
	Reason   recon.Reason
	Currency money.Currency
	Prior, New, Cleared, WrittenOff,
	Changed Tally // items that moved here from another reason, and amounts that changed; less what left
}

// TrendPoint is what was open at the end of a week in one currency (XLS-10).
type TrendPoint struct {
	AsOf   recon.Date
	Amount money.Amount // sum of absolute amounts of the open exceptions
	Items  int
}
