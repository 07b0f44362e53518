package night

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"tieout/ledger"
	"tieout/recon"
)

// Need is what a run must be told of the past besides what every run is told
// ([Store.Load]). A store grows for years; what a night's rows can touch does not.
type Need struct {
	// IDs are transaction ids. Wanted are their rows, the rows that follow these
	// or that these follow, however far.
	IDs []string
	// Charges are sales by what two charges of one sale have in common
	// ([chargeOf]), settled in Near; Sales by what a credit and its sale have in
	// common ([saleOf]), whenever settled.
	Charges []string
	Near    Cut
	Sales   []string
	// Files are files whose rows are wanted.
	Files []*File
	// Docs are documents of which is wanted what other ranges and acts took.
	Docs []string
	// Scopes and Entries are parts of the books: all contributions to every entry
	// that one of these scopes contributes to, or that has one of these natural
	// keys, and the entries.
	Scopes  []ledger.Scope
	Entries []string
	// Exceptions are ids; open ones are known without asking.
	Exceptions []string
	// Items are keys by side: wanted is the hash of what is stored.
	Items map[string][]string
}

// chargeOf is what a second charge of the same sale has in common with the
// first (DUPLICATE_TXN): "" for what is no capture.
func chargeOf(t *recon.Transaction, kind recon.EventType) string {
	if kind != recon.Capture {
		return ""
	}
	return t.Currency.String() + "|" + strconv.FormatInt(t.Amount, 10) + "|" + t.Last4
}

// saleOf is what a credit without parent has in common with its sale.
func saleOf(t *recon.Transaction) string {
	return t.Merchant + "|" + t.Currency.String() + "|" + recon.Norm1(t.Reference)
}

// remember asks for what the rows and documents of this run can touch: the rows
// of their ids and of what they follow, of carried items and of the range; sales
// that they may charge twice or give back; what was taken from their documents.
func (n *Night) remember(ctx context.Context, p *past, a *Answer, in *recon.Input) error {
	need := &Need{}
	ids, charges, sales := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range in.Transactions.Len() {
		t := in.Transactions.At(i)
		a.Files[t.Source.File].spans(settledOn(p.policy, &t)) // the reports come first
		ids[t.ID], ids[t.Parent] = true, true
		if charge := chargeOf(&t, t.Type); charge != "" {
			charges[charge] = true
			need.near(settledOn(p.policy, &t), p.policy.DuplicateDays)
		}
		if t.Type == recon.CreditOrRefund {
			sales[saleOf(&t)] = true
		}
	}
	for i := range p.state.Rows {
		ids[p.state.Rows[i].ID], ids[p.state.Rows[i].Parent] = true, true
	}
	delete(ids, "")
	need.IDs, need.Charges, need.Sales = listOf(ids), listOf(charges), listOf(sales)
	for i := range in.Documents.Len() {
		need.Docs = append(need.Docs, in.Documents.IDOf(i))
	}
	r := &read{past: p, files: a.Files}
	for _, issue := range r.reissues() {
		need.Files = append(need.Files, issue.earlier...)
	}
	return n.recall(ctx, p, need)
}

// spans notes a settlement date of a file's rows.
func (f *File) spans(day recon.Date) {
	if day != 0 && (f.First == 0 || day < f.First) {
		f.First = day
	}
	f.Last = max(f.Last, day)
}

func listOf(set map[string]bool) []string { return slices.Collect(maps.Keys(set)) }

// near widens the days in which a charge may have come before one of the day.
func (need *Need) near(day recon.Date, within int) {
	if day == 0 {
		return
	}
	around := Cut{day - recon.Date(within), day + recon.Date(within)}
	if need.Near == (Cut{}) {
		need.Near = around
	}
	need.Near = Cut{min(need.Near.From, around.From), max(need.Near.To, around.To)}
}

// settledOn is the settlement date of a transaction; 0 if it was not submitted yet.
func settledOn(p *recon.Policy, t *recon.Transaction) recon.Date {
	if t.BatchDate != 0 || t.Batched == 0 {
		return t.BatchDate
	}
	return p.SettlementDate(t.Merchant, t.Batched)
}

// recall adds to the state what is needed.
func (n *Night) recall(ctx context.Context, p *past, need *Need) error {
	if err := n.Store.Recall(ctx, p.req, p.state, need); err != nil {
		return fmt.Errorf("load what earlier runs left: %w", err)
	}
	return nil
}

// recallBooks asks for the entries that the answer's contributions, and those
// that they replace, belong to.
func (n *Night) recallBooks(ctx context.Context, p *past, c *Commit) error {
	need := &Need{}
	for day := p.req.From; day <= p.req.To; day++ {
		need.Scopes = append(need.Scopes, ledger.SettledOn(day))
	}
	keys := map[string]bool{}
	for i := range c.Booked {
		keys[NaturalKey(c.Booked[i].Key)] = true
		need.Scopes = append(need.Scopes, c.Booked[i].Scope)
	}
	need.Entries = listOf(keys)
	return n.recall(ctx, p, need)
}

// recallItems asks what is stored of the items.
func (n *Night) recallItems(ctx context.Context, p *past, items []Item) error {
	need := &Need{Items: map[string][]string{}}
	for i := range items {
		need.Items[items[i].Side] = append(need.Items[items[i].Side], items[i].Key)
	}
	return n.recall(ctx, p, need)
}

// recallExceptions asks for exceptions, which may be closed.
func (n *Night) recallExceptions(ctx context.Context, p *past, ids []string) error {
	return n.recall(ctx, p, &Need{Exceptions: ids})
}

// Traits are what a stored item is found by, besides its key.
type Traits struct {
	TxnID  string
	Parent string     // what it follows
	Charge string     // of a capture that moved money
	Sale   string     // of a capture that moved money
	UsedOn recon.Date // settlement date of the row that used its held money
	File   string     // SHA-256 of the kept copy
	Docs   []Taken    // documents that it names, each once, with what it took and counts as taken
}

// traits are those of a row.
func (r *Row) traits() Traits {
	t := Traits{TxnID: r.ID, Parent: r.Parent, UsedOn: r.UsedOn, File: r.File}
	if t.Parent == "" {
		t.Parent = r.ParentID
	}
	if r.Posting != 0 && r.Type == recon.Capture {
		t.Charge, t.Sale = chargeOf(&r.Transaction, r.Type), saleOf(&r.Transaction)
	}
	docs := docList{}
	for _, taken := range r.Taken {
		if r.AtOpening || r.Posting == 0 { // in the documents' own figure
			taken = Taken{Doc: taken.Doc}
		}
		docs.add(taken)
	}
	for _, names := range [][]string{r.Documents, r.Suggested} {
		for _, name := range names {
			docs.add(Taken{Doc: name})
		}
	}
	t.Docs = docs
	return t
}

func (a *Act) traits() Traits {
	docs := docList{}
	for _, taken := range a.Taken {
		docs.add(taken)
	}
	return Traits{Docs: docs}
}

// docList has each document once.
type docList []Taken

func (l *docList) add(t Taken) {
	for i := range *l {
		if known := &(*l)[i]; known.Doc == t.Doc {
			known.Amount += t.Amount
			for k, part := range t.Parts {
				known.Parts[k] += part
			}
			return
		}
	}
	*l = append(*l, t)
}

// TraitsOf are the traits of an item by its stored body.
func TraitsOf(side string, body []byte) (Traits, error) {
	switch side {
	case SideEvent:
		var r Row
		err := json.Unmarshal(body, &r)
		return r.traits(), err
	case SideAct:
		var a Act
		err := json.Unmarshal(body, &a)
		return a.traits(), err
	}
	return Traits{}, nil
}
