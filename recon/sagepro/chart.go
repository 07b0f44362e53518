package sagepro

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Chart is the ERP's chart of accounts.
type Chart struct {
	Mask     string // form of an account number, such as 9999-999; "" if the ERP keeps none
	accounts map[string]GLAccount
}

// GLAccount is an account of the general ledger.
type GLAccount struct {
	Number, Description, Type string
	Inactive                  bool
}

// ReadChart reads GLACNT, and the form of its numbers from GLSTRU.
func (c *Company) ReadChart(ctx context.Context, t Tables) (*Chart, error) {
	if faults := c.CheckSections(ctx, t, "gl_account", "structure"); len(faults) > 0 {
		return nil, &TableFaults{faults}
	}
	chart := &Chart{accounts: map[string]GLAccount{}}
	err := c.Entries(ctx, t, "gl_account", func(_ int, e Entry) error {
		status := c.Account.Fields["status"]
		meaning, _ := status.meaning(e.text("status"))
		if e.text("account") != "" {
			chart.accounts[e.text("account")] = GLAccount{Number: e.text("account"), Description: e.text("description"), Type: e.text("type"), Inactive: meaning == "inactive"}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	chart.Mask, err = c.readMask(ctx, t)
	return chart, err
}

// readMask joins the masks of the segments in use, in the order of their ids.
func (c *Company) readMask(ctx context.Context, t Tables) (string, error) {
	type segment struct {
		id   int
		name string
		mask string
	}
	var segments []segment
	err := c.Entries(ctx, t, "structure", func(_ int, e Entry) error {
		if strings.Trim(e.text("length"), "0.") != "" {
			id, _ := strconv.Atoi(e.text("id"))
			segments = append(segments, segment{id, e.text("id"), e.text("mask")})
		}
		return nil
	})
	slices.SortFunc(segments, func(a, b segment) int { return cmp.Or(a.id-b.id, strings.Compare(a.name, b.name)) })
	var masks []string
	for _, s := range segments {
		masks = append(masks, s.mask)
	}
	return strings.Join(masks, "-"), err
}

// Active are the numbers of the accounts that can be booked to, sorted.
func (c *Chart) Active() []string {
	all := []string{}
	for number := range c.accounts {
		if c.Fault(number) == "" {
			all = append(all, number)
		}
	}
	slices.Sort(all)
	return all
}

// Account finds an account by its number.
func (c *Chart) Account(number string) (GLAccount, bool) {
	a, ok := c.accounts[number]
	return a, ok
}

// Fault says why an account cannot be booked to (GL-05); "" if it can.
func (c *Chart) Fault(number string) string {
	a, known := c.accounts[number]
	switch {
	case known && a.Inactive:
		return "is inactive in the ERP's chart of accounts"
	case known:
		return ""
	case c.Mask != "" && !fits(number, c.Mask):
		return "does not have the form " + c.Mask + " of the ERP's account numbers"
	}
	return "is not in the ERP's chart of accounts"
}

// Stored is the form in which the ERP stores an account that can be booked to
// (GL-05). The error says why it cannot.
func (c *Chart) Stored(number string) (string, error) {
	stored := number
	if _, known := c.accounts[number]; !known && c.Mask != "" {
		stored, _ = Masked(number, c.Mask)
	}
	if fault := c.Fault(stored); fault != "" {
		return "", fmt.Errorf("account %s %s", number, fault)
	}
	return stored, nil
}

// Masked gives an account number the form of a mask: 1150100 becomes 1150-100
// under 9999-999, and what has the form stays. ok tells whether it can have it;
// if not, the number comes back as it was.
func Masked(number, mask string) (stored string, ok bool) {
	if fits(number, mask) {
		return number, true
	}
	var b strings.Builder
	rest := number
	for i := range len(mask) {
		switch {
		case !strings.Contains("9#ANX!", mask[i:i+1]):
			b.WriteByte(mask[i])
		case rest == "":
			return number, false
		default:
			b.WriteByte(rest[0])
			rest = rest[1:]
		}
	}
	if rest != "" || !fits(b.String(), mask) {
		return number, false
	}
	return b.String(), true
}

// fits compares a number with a mask of FoxPro: 9 and # are digits, A letters,
// N letters and digits, X and ! anything, and every other character is itself.
func fits(number, mask string) bool {
	if len(number) != len(mask) {
		return false
	}
	for i := range len(mask) {
		c := number[i]
		digit, letter := c >= '0' && c <= '9', c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		ok := c == mask[i]
		switch mask[i] {
		case '9', '#':
			ok = digit
		case 'A':
			ok = letter
		case 'N':
			ok = digit || letter
		case 'X', '!':
			ok = true
		}
		if !ok {
			return false
		}
	}
	return true
}
