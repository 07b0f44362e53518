package night

import (
	"cmp"
	"slices"

	"tieout/recon"
)

// Plan splits a range into runs: days that were computed before are computed
// again in the cut in which they were first, oldest first; the days between
// and after make cuts of their own. A cut that reaches beyond the range is
// computed whole.
func Plan(done []Cut, want Cut) []Cut {
	var plan []Cut
	day := want.From
	for day <= want.To {
		if c, ok := first(done, day); ok {
			if !slices.Contains(plan, c) {
				plan = append(plan, c)
			}
			day = c.To + 1
			continue
		}
		end := day
		for end < want.To {
			if _, ok := first(done, end+1); ok {
				break
			}
			end++
		}
		plan = append(plan, Cut{day, end})
		day = end + 1
	}
	slices.SortFunc(plan, func(a, b Cut) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	return plan
}

// first is the cut in which a day was computed; cuts do not overlap.
func first(done []Cut, day recon.Date) (Cut, bool) {
	for _, c := range done {
		if c.Has(day) {
			return c, true
		}
	}
	return Cut{}, false
}
