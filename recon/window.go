package recon

import (
	"regexp"
	"strings"
)

// Days are the settlement dates that rows of the file may have, by what line 1
// of the report says of itself: "2026-09-29T04:00:00Z to 2026-09-30T04:00:00Z",
// whose end is not part of it, or "2026-09-29 to 2026-09-29". ok is false where
// it says nothing that can be read.
func (f *FileReport) Days(p *Policy) (first, last Date, ok bool) {
	from, to, found := strings.Cut(f.Window, " to ")
	if !found {
		return 0, 0, false
	}
	if begin, err := ParseInstant(strings.TrimSpace(from)); err == nil {
		end, err := ParseInstant(strings.TrimSpace(to))
		return p.localDate(f.Merchant, begin), p.SettlementDate(f.Merchant, max(begin, end-1)), err == nil && begin <= end
	}
	first, errFirst := ParseDate(strings.TrimSpace(from))
	last, errLast := ParseDate(strings.TrimSpace(to))
	return first, last, errFirst == nil && errLast == nil && first <= last
}

// localDate is the date of an instant before any cut-off: a batch date without a
// time is of that day, though a batch time of the same evening may be of the next.
func (p *Policy) localDate(merchant string, i Instant) Date {
	zone := p.Zone
	if m := p.Merchants[merchant]; m.Zone != nil {
		zone = m.Zone
	}
	return DateOf(i.In(zone))
}

// dayInName is a date in a file name: 2026-09-29, 2026_09_29 or 20260929.
var dayInName = regexp.MustCompile(`(?:^|[^0-9])(20[0-9]{2})([-_.]?)([01][0-9])[-_.]?([0-3][0-9])(?:[^0-9]|$)`)

// DaysInName are the settlement dates that the name of a report stands for:
// from the first date in it to the last. A single date may be the end of the
// window (cybersource.md 3.2), so the day before belongs to it.
func DaysInName(name string) (first, last Date, ok bool) {
	for rest := name; ; {
		at := dayInName.FindStringSubmatchIndex(rest)
		if at == nil {
			break
		}
		part := func(k int) string { return rest[at[2*k]:at[2*k+1]] }
		if day, err := ParseDate(part(1) + "-" + part(3) + "-" + part(4)); err == nil {
			if first == 0 {
				first = day
			}
			first, last = min(first, day), max(last, day)
		}
		rest = rest[at[9]:]
	}
	if first == last {
		first--
	}
	return first, last, last != 0
}
