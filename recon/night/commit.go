package night

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"tieout/ledger"
	"tieout/ledger/money"
)

// Outcome is how a run ended.
type Outcome string

// The outcomes of a run. An unchanged one found every entry, every outcome and
// every exception as it was.
const (
	Done               Outcome = "DONE"
	DoneWithExceptions Outcome = "DONE_WITH_EXCEPTIONS"
	UnchangedRun       Outcome = "UNCHANGED"
)

// Artifact is a rendered result: kept under its hash before the commit that
// names it, so that it can be handed out again as it was.
type Artifact struct {
	Kind   string // result, inputs, workbook, exceptions, journal
	Name   string // file name in the output folder
	SHA256 string
	Size   int64
}

// Commit is everything a run adds, in one transaction.
type Commit struct {
	Request
	RunID         string
	Outcome       Outcome
	Lacking       []string // what the run went on without
	Files         []File
	Rows          []Row // decided by this run
	Touched       []Row // of other ranges, whose held money this run used or gave back
	Docs          []Doc
	Deposits      []Deposit
	BankLines     []BankLine
	Acts          []Act
	Booked        []ledger.Contribution // what this run's answer contributes
	Replaced      []ledger.Scope        // whose stored contributions go
	Contributions []ledger.Contribution // what comes in their place
	Decisions     []ledger.Decision     // on every entry that the run touches
	Exceptions    []Exception           // that are new, changed or closed
	Holds         []Hold                // merchant-days whose release waits
	Artifacts     []Artifact
	News          []Item // of all items, those that are new or changed
	Restated      []Cut  // ranges that rows of this run restate: they are owed a run of their own

	// Settled is the answer's own sum of matched rows and exceptions, which the
	// stored rows and the booked contributions are held against.
	Settled map[money.Currency]int64
}

// Held tells whether any hold keeps the key back.
func (c *Commit) Held(k ledger.Key) bool {
	for i := range c.Holds {
		if c.Holds[i].Keeps(k) {
			return true
		}
	}
	return false
}

// Check proves, on what is about to be stored, that no cent was lost between the
// answer and the commit: every row's amounts add up (INV-3), rows and clearing
// contributions add up to the answer (INV-4), every entry balances (INV-10). Nor was
// what nobody decides again put on gl_suspense: a cleared item has its accounts (GL-06).
func (c *Commit) Check(clearing func(account string) bool) error {
	faults := c.checkRows()
	net := map[money.Currency]int64{}
	for i := range c.Booked {
		if item, act := c.Booked[i].Scope.Act(); act && c.Booked[i].Rule == ledger.NoRule {
			faults = append(faults, fmt.Errorf("GL-06: %s is cleared and no rule has an account for it; it has to wait for one", item))
		}
		if p := &c.Booked[i]; p.Key.Class == ledger.Settle && clearing(p.Account) {
			net[p.Key.Currency] += signed(p.Side, p.Amount)
		}
	}
	for _, currency := range ledger.Currencies(c.Settled) {
		if want := c.Settled[currency]; net[currency] != want {
			faults = append(faults, fmt.Errorf("INV-4: clearing contributions are %s, the rows %s %s", money.New(net[currency], currency), money.New(want, currency), currency))
		}
	}
	for i := range c.Decisions {
		faults = append(faults, balanced(&c.Decisions[i].Entry))
	}
	return errors.Join(faults...)
}

func (c *Commit) checkRows() (faults []error) {
	sums := map[money.Currency]int64{}
	for i := range c.Rows {
		r := &c.Rows[i]
		if r.Posting == 0 {
			continue
		}
		if r.Amount != r.Applied+r.Suspended+r.WriteOff {
			faults = append(faults, fmt.Errorf("INV-3: row %s: %s is not what was applied, suspended and written off", r.Key(), money.New(r.Amount, r.Currency)))
		}
		sums[r.Currency] += r.Applied + r.Suspended + r.WriteOff
	}
	for _, currency := range ledger.Currencies(c.Settled) {
		if want := c.Settled[currency]; sums[currency] != want {
			faults = append(faults, fmt.Errorf("INV-4: stored rows are %s, the answer %s %s", money.New(sums[currency], currency), money.New(want, currency), currency))
		}
	}
	return faults
}

func balanced(e *ledger.Entry) error {
	var sum, base int64
	for _, l := range e.Lines() {
		sum += signed(l.Side, l.Amount)
		base += signed(l.Side, l.Base)
	}
	if sum != 0 || base != 0 {
		return fmt.Errorf("INV-10: entry %s is out of balance by %s", e.Key(), money.New(sum, e.Key().Currency))
	}
	return nil
}

func signed(side ledger.Side, amount int64) int64 {
	if side == ledger.Credit {
		return -amount
	}
	return amount
}

// Items are all things with an outcome in the form in which they are stored.
func (c *Commit) Items() ([]Item, error) {
	var items []Item
	add := func(i Item, v any) error {
		body, err := json.Marshal(v)
		i.Body = body
		items = append(items, i)
		return err
	}
	for _, rows := range [][]Row{c.Rows, c.Touched} {
		for i := range rows {
			r := &rows[i]
			item := Item{Side: SideEvent, Key: r.Key(), Merchant: r.Merchant, Currency: r.Currency, Settled: r.Settled, Open: r.Open, Traits: r.traits()}
			if r.Posting != 0 && !r.AtOpening {
				item.Effect = r.Amount
			}
			if err := add(item, r); err != nil {
				return nil, err
			}
		}
	}
	for i := range c.Docs {
		d := &c.Docs[i]
		if err := add(Item{Side: SideDoc, Key: d.ID, Merchant: d.Merchant, Currency: d.Currency}, d); err != nil {
			return nil, err
		}
	}
	for i := range c.Deposits {
		d := &c.Deposits[i]
		if err := add(Item{Side: SideDeposit, Key: d.ID, Merchant: d.Merchant, Currency: d.Amount.Currency(), Settled: d.Settled}, d); err != nil {
			return nil, err
		}
	}
	for i := range c.BankLines {
		l := &c.BankLines[i]
		if err := add(Item{Side: SideBank, Key: l.ID, Currency: l.Amount.Currency(), Settled: l.On}, l); err != nil {
			return nil, err
		}
	}
	for i := range c.Acts {
		a := &c.Acts[i]
		if err := add(Item{Side: SideAct, Key: a.Key, Merchant: a.Merchant, Currency: a.Currency, Settled: a.On, Traits: a.traits()}, a); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// Changed are the decisions that change an entry.
func (c *Commit) Changed() []ledger.Decision {
	var all []ledger.Decision
	for _, d := range c.Decisions {
		if d.Change != ledger.Unchanged {
			all = append(all, d)
		}
	}
	return all
}

// Summary says in a few words what the run did to the books.
func (c *Commit) Summary() string {
	counts := map[ledger.Change]int{}
	for i := range c.Decisions {
		counts[c.Decisions[i].Change]++
	}
	var parts []string
	for _, change := range []struct {
		ledger.Change
		text string
	}{{ledger.Added, "new"}, {ledger.Revised, "revised"}, {ledger.Corrected, "corrections"}, {ledger.Voided, "void"}} {
		if n := counts[change.Change]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, change.text))
		}
	}
	if len(parts) == 0 {
		return "entries UNCHANGED"
	}
	return "entries: " + strings.Join(parts, ", ")
}

// NaturalKey is the text of an entry's key without its correction.
func NaturalKey(k ledger.Key) string {
	k.Correction = ""
	return k.String()
}
