package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/night"
	"tieout/recon/store"
	"tieout/reports"
)

func said(minor int64, c money.Currency) string {
	return money.New(minor, c).String() + " " + c.String()
}

func sorted(days map[recon.Date]bool) []recon.Date { return slices.Sorted(maps.Keys(days)) }

func has(refs []ledger.SourceRef, ref string) bool {
	return slices.Contains(refs, ledger.SourceRef(ref))
}

// outcome is a verdict with its reason in words.
func outcome(v recon.Verdict, reason recon.Reason, secondary []recon.Reason) string {
	text := v.String()
	if reason != recon.NoReason {
		text += " " + reason.String() + " (" + reason.About().Text + ")"
	}
	if len(secondary) > 0 {
		text += ", also " + reports.Codes(secondary)
	}
	return text
}

func rowOutcome(r *night.Row) string {
	text := outcome(r.Verdict, r.Reason, r.Secondary)
	if r.Pass != recon.NoPass {
		text += " by " + r.Pass.String()
	}
	if r.Posting != 0 {
		text += fmt.Sprintf("; applied %s, suspended %s, open %s", said(r.Applied, r.Currency), said(r.Suspended, r.Currency), said(r.Open, r.Currency))
	}
	if r.UsedBy != "" {
		text += "; used by " + r.UsedBy
	}
	return text
}

func docOutcome(d *night.Doc) string {
	return fmt.Sprintf("%s; applied %s, remaining %s", outcome(d.Verdict, d.Reason, nil), said(d.Applied, d.Currency), said(d.Remaining, d.Currency))
}

func versionOf(v *store.Version, outcome string) versionSaid {
	return versionSaid{v.Run.RunID, v.Run.From.String(), v.Run.To.String(), v.Run.AsOf.String(), outcome}
}

func rowFacts(r *night.Row) facts {
	var f facts
	f.add("event", r.Type.String())
	if r.Type != r.Natural {
		f.add("reported_as", r.Natural.String())
	}
	f.add("merchant", r.Merchant)
	f.add("amount", said(r.Amount, r.Currency))
	f.add("reference", r.Reference)
	f.add("parent", cmp.Or(r.ParentID, r.Parent))
	f.add("card", strings.TrimSpace(r.CardBrand+" "+r.Last4))
	f.add("settlement_date", r.Settled.String())
	if r.Posting == 0 {
		f.add("posting_date", "none: moves no money")
	} else {
		f.add("posting_date", r.Posting.String())
	}
	if r.AtOpening {
		f.add("taken_over", "at cut-over, posted before")
	}
	f.add("outcome", outcome(r.Verdict, r.Reason, r.Secondary))
	f.add("pass", r.Pass.String())
	f.add("kind", r.Kind.String())
	f.add("evidence", r.Evidence)
	f.add("suggested_documents", strings.Join(r.Suggested, ", "))
	if r.Posting != 0 {
		rowAmounts(&f, r)
	}
	return f
}

func rowAmounts(f *facts, r *night.Row) {
	f.add("applied", said(r.Applied, r.Currency))
	f.add("suspended", said(r.Suspended, r.Currency))
	f.add("written_off", said(r.WriteOff, r.Currency))
	f.add("still_open", said(r.Open, r.Currency))
	f.add("used_by", r.UsedBy)
	f.add("used_on", r.UsedOn.String())
	if r.Unmapped {
		f.add("account", "no rule has one: it waits on the suspense account")
	}
}

// rowMoney is what a row took from documents; documents that it names without
// taking anything come last.
func rowMoney(r *night.Row) []moneySaid {
	var all []moneySaid
	taken := map[string]bool{}
	for _, t := range r.Taken {
		taken[t.Doc] = true
		all = append(all, moneySaid{r.Key(), t.Doc, said(t.Amount, r.Currency), cmp.Or(r.Pass.String(), "taken over at cut-over")})
	}
	for _, list := range []struct {
		docs []string
		how  string
	}{{r.Documents, "linked, took nothing"}, {r.Suggested, "suggested"}} {
		for _, doc := range list.docs {
			if !taken[doc] {
				taken[doc] = true
				all = append(all, moneySaid{By: r.Key(), Document: doc, How: list.how})
			}
		}
	}
	return all
}

func clearedBy(a *night.Act) string {
	if a.ToDispute {
		return "its capture, which was found"
	}
	var docs []string
	for _, t := range a.Taken {
		docs = append(docs, t.Doc)
	}
	return "document " + strings.Join(docs, ", ") + " (" + a.Pass.String() + ")"
}

func actMoney(a *night.Act) []moneySaid {
	var all []moneySaid
	for _, t := range a.Taken {
		all = append(all, moneySaid{a.Key, t.Doc, said(t.Amount, a.Currency), "carried item cleared on " + a.On.String() + ", " + a.Pass.String()})
	}
	return all
}

func docFacts(d *night.Doc) facts {
	var f facts
	f.add("type", d.Type.String())
	f.add("order_no", d.OrderNo)
	f.add("invoice_no", d.InvoiceNo)
	f.add("customer_no", d.CustomerNo)
	f.add("date", d.Date.String())
	f.add("status", d.Status.String())
	f.add("merchant", d.Merchant)
	f.add("store", d.Store)
	for _, dimension := range d.Dimensions {
		f.add(dimension.Name, dimension.Value)
	}
	f.add("amount", said(d.Amount, d.Currency))
	f.add("applied", said(d.Applied, d.Currency))
	f.add("remaining", said(d.Remaining, d.Currency))
	f.add("outcome", outcome(d.Verdict, d.Reason, nil))
	f.add("kind", d.Kind.String())
	return f
}

func depositFacts(d *night.Deposit) facts {
	var f facts
	f.add("merchant", d.Merchant)
	f.add("settlement_date", d.Settled.String())
	f.add("settled_amount", said(d.Amount.Minor(), d.Amount.Currency()))
	f.add("funded_amount", said(d.Funded.Minor(), d.Funded.Currency()))
	f.add("rate", d.RateText)
	f.add("funding_date", d.On.String())
	f.add("bank_ref", d.BankRef)
	f.add("posting_date", d.Posting.String())
	f.add("outcome", outcome(d.Verdict, d.Reason, d.Secondary))
	f.add("bank_lines", strings.Join(d.BankLines, ", "))
	return f
}

func bankFacts(l *night.BankLine) facts {
	var f facts
	f.add("value_date", l.On.String())
	f.add("amount", said(l.Amount.Minor(), l.Amount.Currency()))
	f.add("bank_ref", l.BankRef)
	f.add("text", l.Text)
	f.add("posting_date", l.Posting.String())
	f.add("outcome", outcome(l.Verdict, l.Reason, nil))
	f.add("deposits", strings.Join(l.Deposits, ", "))
	return f
}

func entryFacts(e *store.Entry, chain []store.Entry) facts {
	var f facts
	key := e.Key()
	f.add("natural_key", e.Natural)
	f.add("merchant", key.Merchant)
	f.add("class", string(key.Class))
	f.add("posting_date", e.PostingDate().String())
	f.add("currency", key.Currency.String())
	if e.Base() != key.Currency {
		f.add("rate", e.Rate().String()+" to "+e.Base().String())
	}
	debits, credits, _ := e.Totals()
	f.add("debits", said(debits, key.Currency))
	f.add("credits", said(credits, key.Currency))
	f.add("memo", e.Memo())
	if e.Void {
		f.add("void", "nothing is left of it")
	}
	f.add("corrects", e.Corrects())
	var by []string
	for i := range chain {
		if c := &chain[i]; c.Corrects() == e.Number() && !slices.Contains(by, c.Number()) {
			by = append(by, c.Number())
		}
	}
	f.add("corrected_by", strings.Join(by, ", "))
	return f
}

// writeThings writes what was found for people.
func writeThings(w io.Writer, found []*thing) error {
	var text strings.Builder
	for i, t := range found {
		if i > 0 {
			text.WriteString("\n")
		}
		t.write(&text)
	}
	_, err := io.WriteString(w, strings.Map(printable, text.String()))
	return err
}

// printable drops what a terminal would obey: files hold whatever others wrote.
func printable(r rune) rune {
	if r != '\n' && unicode.IsControl(r) {
		return -1
	}
	return r
}

func (t *thing) write(text *strings.Builder) {
	fmt.Fprintf(text, "%s %s\n", t.Kind, t.ID)
	width := 0
	for _, f := range t.Facts {
		width = max(width, len(f.name))
	}
	for _, f := range t.Facts {
		fmt.Fprintf(text, "  %-*s  %s\n", width, strings.ReplaceAll(f.name, "_", " "), strings.ReplaceAll(f.value, "\n", " "))
	}
	list(text, 1, paged("money and documents", t.MoneyPage), t.Money, moneySaid.write)
	list(text, 1, "journal lines", t.Lines, lineSaid.write)
	list(text, 1, "revisions and corrections", t.Revisions, revisionSaid.write)
	list(text, 1, "exceptions", t.Exceptions, exceptionSaid.write)
	list(text, 1, "by run", t.Versions, versionSaid.write)
}

// list writes the items of a list under its heading; nothing for an empty one.
func list[T any](text *strings.Builder, depth int, heading string, items []T, write func(T, *strings.Builder)) {
	if len(items) == 0 && !strings.HasSuffix(heading, ")") {
		return
	}
	fmt.Fprintf(text, "%s%s\n", strings.Repeat("  ", depth), heading)
	for _, item := range items {
		text.WriteString(strings.Repeat("  ", depth+1))
		write(item, text)
	}
}

// paged is a heading with what part of its list is shown.
func paged(heading, page string) string {
	if page == "" {
		return heading
	}
	return heading + " (" + page + ")"
}

func (m moneySaid) write(text *strings.Builder) {
	fmt.Fprintf(text, "%s  %s  %s  (%s)\n", m.By, m.Document, cmp.Or(m.Amount, "-"), m.How)
}

func (l lineSaid) write(text *strings.Builder) {
	fmt.Fprintf(text, "%s  %s  %s  %s %s", l.ID, l.Posting, l.Account, l.Side, l.Amount)
	if l.Base != "" {
		fmt.Fprintf(text, " = %s", l.Base)
	}
	fmt.Fprintf(text, "  %s  rule %s; revision %d", l.Label, l.Rule, l.Revision)
	if l.Replaced != 0 {
		fmt.Fprintf(text, ", replaced by revision %d", l.Replaced)
	}
	if l.Corrects != "" {
		fmt.Fprintf(text, ", corrects %s", l.Corrects)
	}
	fmt.Fprintf(text, "; %s\n", filesText(l.Files))
	if l.Memo != "" {
		fmt.Fprintf(text, "      memo: %s\n", l.Memo)
	}
	heading := "rolled up from"
	if l.Corrects != "" {
		heading = "the difference of what is behind it now and what was"
	}
	list(text, 3, paged(heading, l.SourcePage), l.Sources, sourceSaid.write)
}

func filesText(files []fileSaid) string {
	if len(files) == 0 {
		return "in no posting file"
	}
	var texts []string
	for _, f := range files {
		if f.Name == "" {
			texts = append(texts, "posting file "+f.State)
			continue
		}
		texts = append(texts, fmt.Sprintf("posting file %s, sequence %d, %s", f.Name, f.Sequence, f.State))
	}
	return strings.Join(texts, "; ")
}

func (s sourceSaid) write(text *strings.Builder) {
	fmt.Fprintf(text, "%s %s  %s  %s", s.Kind, s.ID, s.Amount, s.Outcome)
	if s.File != "" {
		fmt.Fprintf(text, "; %s, line %d, SHA-256 %s", s.File, s.Line, s.SHA256)
	}
	text.WriteString("\n")
}

func (r revisionSaid) write(text *strings.Builder) {
	fmt.Fprintf(text, "%s revision %d: %s, %s, %s as of %s", r.Entry, r.Revision, r.Change, r.Debits, r.Run, r.AsOf)
	if r.Corrects != "" {
		fmt.Fprintf(text, ", corrects %s", r.Corrects)
	}
	fmt.Fprintf(text, "; %s\n", filesText(r.Files))
}

func (e exceptionSaid) write(text *strings.Builder) {
	fmt.Fprintf(text, "%s %s: %s (%s)\n", e.ID, e.Status, e.Reason, e.Text)
	for _, s := range e.Steps {
		fmt.Fprintf(text, "      %s as of %s: %s %s", s.Run, s.AsOf, s.Status, s.Reason)
		if s.Cause != "" {
			fmt.Fprintf(text, ", closed by %s", s.Cause)
		}
		text.WriteString("\n")
	}
}

func (v versionSaid) write(text *strings.Builder) {
	fmt.Fprintf(text, "%s, %s to %s as of %s: %s\n", v.Run, v.From, v.To, v.AsOf, v.Outcome)
}
