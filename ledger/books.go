package ledger

import (
	"fmt"
	"slices"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
)

// Role is what an account of the clearing model is for (settlement-accounting 1.3).
type Role string

// The roles that every company needs an account for.
const (
	Clearing     Role = "clearing"
	CBReceivable Role = "cb_receivable"
	Reserve      Role = "reserve"
	FXClearing   Role = "fx_clearing"
	AR           Role = "ar"
	InTransit    Role = "in_transit"
	Deposits     Role = "deposits"
	Unapplied    Role = "unapplied"
	Unidentified Role = "unidentified"
	Tax          Role = "tax"
	Sales        Role = "sales"
	Returns      Role = "returns"
	Freight      Role = "freight"
	Surcharge    Role = "surcharge"
	SmallDiff    Role = "small_diff"
	FXDiff       Role = "fx_diff"
	GLSuspense   Role = "gl_suspense"
	CashRole     Role = "cash" // one account a currency, so it is not among [Roles]
)

// Roles lists all roles in the order of settlement-accounting 1.3.
func Roles() []Role {
	return []Role{
		Clearing, InTransit, CBReceivable, Reserve, FXClearing, AR, Deposits, Unapplied, Unidentified, Tax, Sales, Returns,
		Freight, Surcharge, SmallDiff, FXDiff, GLSuspense,
	}
}

// Chart is which accounts the company books to.
type Chart struct {
	Accounts      map[Role]string
	Cash          map[money.Currency]string
	Fees          map[string]string // by fee code
	Adjustments   map[string]string // by adjustment code
	HeadOffice    string            // store segment of accounts that belong to no merchant
	ClosedThrough recon.Date        // last day of the last closed period; 0: none
	Locked        []Days            // further periods into which nothing is posted, in their order
}

// Days are those from one to another, both included.
type Days struct{ From, To recon.Date }

// PostingDate is the settlement date if its period is open, else the first day
// after it that is in an open one (GL-16, GL-17).
func (c *Chart) PostingDate(settled recon.Date) recon.Date {
	day := settled
	if day <= c.ClosedThrough {
		day = c.ClosedThrough + 1
	}
	for _, locked := range c.Locked {
		if locked.From <= day && day <= locked.To {
			day = locked.To + 1
		}
	}
	return day
}

// FirstOr is the day of first posting, for what an earlier run posted, else by [Chart.PostingDate].
func (c *Chart) FirstOr(first, day recon.Date) recon.Date {
	if first != 0 {
		return first
	}
	return c.PostingDate(day)
}

// IsClearing tells the accounts of card receipts not yet deposited, whatever their store.
func (c *Chart) IsClearing(account string) bool {
	return strings.HasPrefix(account, c.Accounts[Clearing]+"-")
}

// Missing lists the roles without an account, in the order of [Roles].
func (c *Chart) Missing() (missing []Role) {
	for _, role := range Roles() {
		if c.Accounts[role] == "" {
			missing = append(missing, role)
		}
	}
	return missing
}

// CashCurrencies are the currencies with a cash account, by code.
func (c *Chart) CashCurrencies() []money.Currency {
	var all []money.Currency
	for currency := range c.Cash {
		all = append(all, currency)
	}
	slices.Sort(all)
	return all
}

// RoleOf is what a line's account is for: as the roll-up knew it, else by the
// account's number; "" if the chart does not say.
func (c *Chart) RoleOf(l *Line) Role {
	if l.Role != "" {
		return l.Role
	}
	for _, role := range Roles() {
		if strings.HasPrefix(l.Account, c.Accounts[role]+"-") {
			return role
		}
	}
	for _, number := range c.Cash {
		if number != "" && strings.HasPrefix(l.Account, number+"-") {
			return CashRole
		}
	}
	return ""
}

// storeOf is the merchant's store; unknown merchants take the head office's.
func (c *Chart) storeOf(p *recon.Policy, merchant string) string {
	if m, known := p.Merchants[merchant]; known {
		return m.Store
	}
	return c.HeadOffice
}

// Number gives entries their numbers: TO, two digits of the posting year, and a
// gapless count for each year from next on, in natural-key order (GL-19).
func Number(entries []Entry, next func(year int) int) []Entry {
	numbered := make([]Entry, len(entries))
	for i, e := range entries {
		year := e.PostingDate().Year()
		numbered[i] = e.Numbered(fmt.Sprintf("TO%02d%06d", year%100, next(year)))
	}
	return numbered
}

// FromOne counts each year from 1: the numbering of a run without state.
func FromOne() func(year int) int {
	last := map[int]int{}
	return func(year int) int {
		last[year]++
		return last[year]
	}
}
