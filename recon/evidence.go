package recon

import (
	"cmp"
	"fmt"
	"strings"
	"sync"

	"tieout/ledger/money"
)

// Evidence says in one sentence why a row is what it is: what matched, or the
// one condition that failed and by how much; and which document comes closest.
type Evidence struct {
	Text    string
	Nearest string // id of the nearest document of a row that found none
}

// Evidence explains a transaction. It is made when somebody asks, from what was decided.
func (r *Result) Evidence(row int) Evidence {
	x, i := r.explain(), uint32(row)
	switch r.run.out[i].verdict {
	case Exception:
		return x.exception(i)
	case Matched:
		return Evidence{Text: x.match(i)}
	case Ignored, Undecided:
	}
	return Evidence{}
}

// explainer holds what explanations look up, made once.
type explainer struct {
	*run
	res    *Result
	near   *nearest
	takers map[uint32][]uint32 // rows that name a document, in processing order, for documents that an explanation may name
	claims map[uint32][]uint32 // rows that a loose pass gave a document to
}

// explaining makes the explainer once, whoever asks first.
type explaining struct {
	once sync.Once
	x    *explainer
}

// Prepare lists what is open and makes what [Result.Evidence] looks up, which else who asks first does.
func (r *Result) Prepare() {
	var wait sync.WaitGroup
	wait.Go(func() { r.listed() })
	r.explain()
	wait.Wait()
}

func (r *Result) explain() *explainer {
	r.explaining.once.Do(func() {
		x := &explainer{run: r.run, res: r, near: r.run.findNearest(r.run.counted.openRows), takers: map[uint32][]uint32{}, claims: map[uint32][]uint32{}}
		x.findTakers(x.named())
		r.explaining.x = x
	})
	return r.explaining.x
}

// named marks the documents whose rows an explanation may name.
func (x *explainer) named() []bool {
	marks := make([]bool, len(x.docs.rows))
	for _, doc := range x.counted.openDocs {
		marks[doc] = true
	}
	for _, doc := range x.near.of {
		marks[doc-1] = true
	}
	for _, i := range x.counted.openRows {
		if x.out[i].reason == DuplicateTxn {
			for _, doc := range x.linked(i) {
				marks[doc] = true
			}
		}
	}
	return marks
}

func (x *explainer) findTakers(named []bool) {
	for _, i := range x.rowsWhere(func(i uint32) bool {
		o := &x.out[i]
		if doc, only := x.onlyLink(i); only && o.more == 0 {
			return named[doc] // of nearly all rows it is not
		}
		return o.link != 0 || o.more != 0
	}) {
		docs := x.shown(i)
		if docs == nil {
			docs = x.linked(i)
		}
		for _, doc := range docs {
			if named[doc] {
				x.takers[doc] = append(x.takers[doc], i)
			}
		}
		if more := x.out[i].more; more != 0 {
			for _, doc := range x.details[more-1].suggested {
				x.claims[doc] = append(x.claims[doc], i)
			}
		}
	}
	for _, rows := range x.takers {
		x.inProcessingOrder(rows)
	}
	for _, rows := range x.claims {
		x.inProcessingOrder(rows)
	}
}

// exception explains a row of the work list.
func (x *explainer) exception(i uint32) Evidence {
	o, row, docs := &x.out[i], x.row(i), x.linked(i)
	say := func(text string) Evidence { return Evidence{Text: text} }
	switch o.reason {
	case InvalidRow:
		return say(x.invalid(i))
	case WrongMerchant:
		return say(x.explainMerchant(row, docs))
	case CurrencyMismatch:
		return say(x.explainCurrency(row, docs))
	case DuplicateOrder:
		return say(x.twins(docs))
	case OrderCancelled:
		return say(x.cancelled(docs))
	case DuplicateTxn:
		return say(x.firstCharge(i, docs))
	case DateWindow:
		return say(x.explainWindow(row, docs))
	case AmountOver:
		return say(x.over(i))
	case AmbiguousMatch:
		return say(x.ambiguous(i))
	case WeakMatch:
		return say(x.weak(i))
	case NoOrder, RefundNoCreditMemo, CreditUnlinked:
		return x.unmatchedRow(i)
	case RefundOverCapture:
		return say(x.refundOver(i))
	case ProcessorReject:
		return say(x.reject(i))
	case ChargebackOpen, ChargebackUnlinked, RetrievalOpen:
		return say(x.dispute(i))
	case AdjustmentUnexplained, UnmappedGL:
		return say(x.unmappedCode(i))
	case ClosedPeriod:
		return say(fmt.Sprintf("settled on %s in a closed period, posted on %s; %s", row.settled, x.postingDate(i), x.match(i)))
	default:
		return Evidence{}
	}
}

func (x *explainer) invalid(i uint32) string {
	f := x.txns.fault(int(i))
	switch {
	case f == nil:
		return ""
	case f.Column == "":
		return f.Message
	}
	return "column " + f.Column + ": " + f.Message
}

func (x *explainer) explainMerchant(row *txnRow, docs []uint32) string {
	name := x.txns.words.text(row.merchant)
	if !x.merchant[row.merchant].known {
		return fmt.Sprintf("merchant %q is not configured", name)
	}
	for _, doc := range docs {
		if d := &x.docs.rows[doc]; !x.sameMerchant(row.merchant, d.merchant) {
			return fmt.Sprintf("%s belongs to merchant %q, the transaction to %q", x.docs.id(int(doc)), x.docs.words.text(d.merchant), name)
		}
	}
	return ""
}

func (x *explainer) explainCurrency(row *txnRow, docs []uint32) string {
	for _, doc := range docs {
		if c := x.docs.rows[doc].currency; c != row.currency {
			return fmt.Sprintf("%s is in %s, the transaction in %s", x.docs.id(int(doc)), c, row.currency)
		}
	}
	return ""
}

func (x *explainer) explainWindow(row *txnRow, docs []uint32) string {
	for _, doc := range docs {
		days := int(row.settled - x.docs.rows[doc].date)
		if days > x.p.WindowAfter {
			return fmt.Sprintf("settled %s after %s, window is %d", inDays(days), x.docs.id(int(doc)), x.p.WindowAfter)
		}
		if days < x.p.WindowBefore {
			return fmt.Sprintf("settled %s before %s, window is %d", inDays(-days), x.docs.id(int(doc)), -x.p.WindowBefore)
		}
	}
	return ""
}

func (x *explainer) cancelled(docs []uint32) string {
	if len(docs) == 1 {
		return x.docs.id(int(docs[0])) + " is cancelled"
	}
	return x.list(docs) + " are all cancelled"
}

// twins names a document that exists twice, and as what.
func (x *explainer) twins(docs []uint32) string {
	for _, doc := range docs {
		d := &x.docs.rows[doc]
		if d.flags&docDuplicate == 0 {
			continue
		}
		l := x.captures
		if d.kind == CreditMemo {
			l = x.memos
		}
		var same []uint32
		for _, other := range unique(append(l.byOrder.find(nil, keyOf(x.normOrder(doc)), x.normOrder(doc)), l.byInvoice.find(nil, keyOf(x.normInvoice(doc)), x.normInvoice(doc))...)) {
			if o := &x.docs.rows[other]; o.flags&docDuplicate != 0 && o.kind == d.kind && o.currency == d.currency && o.amount == d.amount &&
				x.normOrder(other) == x.normOrder(doc) && x.normInvoice(other) == x.normInvoice(doc) {
				same = append(same, other)
			}
		}
		return fmt.Sprintf("%s are one %s twice: order %q, invoice %q, %s %s", x.list(same), d.kind, x.normOrder(doc), x.normInvoice(doc), money.New(d.amount, d.currency), d.currency)
	}
	return ""
}

// firstCharge names the charge that a second one repeats.
func (x *explainer) firstCharge(i uint32, docs []uint32) string {
	row := x.row(i)
	text := func(first string, settled Date) string {
		return fmt.Sprintf("%s charged the same %s %s for %s %s, the duplicate window is %s", first,
			money.New(row.amount, row.currency), row.currency, x.list(docs), daysBetween(settled, row.settled), inDays(x.p.DuplicateDays))
	}
	for _, before := range x.takers[docs[0]] {
		o := &x.out[before]
		counts := o.verdict == Matched || o.reason == DuplicateTxn || o.reason == AmountOver || o.reason == ClosedPeriod
		if before != i && counts && o.kind != Rejected && o.kind != Netted && x.row(before).kind == Capture && sameLinks(x.linked(before), docs) &&
			x.sameCharge(i, x.row(before).amount, x.row(before).currency.String(), x.txns.field(int(before), textLast4), x.row(before).settled) {
			return text(x.nameRow(before), x.row(before).settled)
		}
	}
	for h := range x.in.History {
		p := &x.in.History[h]
		if p.Type == Capture && len(p.Documents) == len(docs) && x.sameDocuments(docs, p.Documents) &&
			x.sameCharge(i, p.Amount, p.Currency.String(), p.Last4, x.postedDate(p)) {
			return text("capture "+p.ID+" of an earlier run", x.postedDate(p))
		}
	}
	return ""
}

func daysBetween(first, second Date) string {
	switch days := int(second - first); {
	case days == 0:
		return "on the same day"
	case days > 0:
		return inDays(days) + " before"
	default:
		return inDays(-days) + " after"
	}
}

// over is what an amount leaves in suspense, and why no tolerance took it.
func (x *explainer) over(i uint32) string {
	row, docs := x.row(i), x.linked(i)
	applied, suspended, _ := x.money(i)
	in := func(minor int64) money.Amount { return money.New(abs(minor), row.currency) }
	text := fmt.Sprintf("%s owes %s, the amount is %s: %s over", x.list(docs), in(applied), in(row.amount), in(suspended))
	for _, doc := range docs {
		if s := x.docs.rows[doc].status; s != Cancelled && !s.FullyShipped() {
			return text + fmt.Sprintf("; no tolerance while %s is %s", x.docs.id(int(doc)), s)
		}
	}
	return text + "; " + x.toleranceText(row.currency, abs(applied), abs(suspended))
}

// toleranceText says what would have been tolerated (MAT-07) and by how much the gap exceeds it.
func (x *explainer) toleranceText(c money.Currency, total, gap int64) string {
	limit, has := x.p.Tolerance.Absolute[c]
	if !has {
		return fmt.Sprintf("no tolerance for %s", c)
	}
	byPercent := x.p.Tolerance.PercentBP * total / 10000
	limit = min(limit, byPercent)
	if gap > limit {
		return fmt.Sprintf("%s over the tolerance of %s", money.New(gap-limit, c), money.New(limit, c))
	}
	return fmt.Sprintf("the tolerance is %s", money.New(limit, c))
}

func (x *explainer) suggestions(i uint32) []uint32 {
	if more := x.out[i].more; more != 0 {
		return x.details[more-1].suggested
	}
	return nil
}

// ambiguous names the candidates, or the rows that contest the only one.
func (x *explainer) ambiguous(i uint32) string {
	docs, row := x.suggestions(i), x.row(i)
	what := fmt.Sprintf("last 4 digits %s and amount %s %s", x.txns.field(int(i), textLast4), money.New(row.amount, row.currency), row.currency)
	if x.out[i].pass == ByAuth {
		what = fmt.Sprintf("authorization code %s, ", x.txns.field(int(i), textAuth)) + what
	}
	if len(docs) > 1 {
		return fmt.Sprintf("%d documents have %s: %s", len(docs), what, x.list(docs))
	}
	if len(docs) == 0 {
		return ""
	}
	var others []string
	for _, other := range x.claims[docs[0]] {
		if other != i {
			others = append(others, x.nameRow(other))
		}
	}
	return fmt.Sprintf("%s has %s, and is claimed by %s as well", x.docs.id(int(docs[0])), what, several(others))
}

// weak says what a candidate of the loose pass lacks.
func (x *explainer) weak(i uint32) string {
	docs, row := x.suggestions(i), x.row(i)
	if len(docs) == 0 {
		return ""
	}
	doc := docs[0]
	mine, its := Norm1(x.txns.field(int(i), textAuth)), Norm1(x.docs.field(int(doc), docTextAuth))
	text := fmt.Sprintf("%s has the same last 4 digits %s and amount %s %s, %s; ", x.docs.id(int(doc)), x.txns.field(int(i), textLast4),
		money.New(row.amount, row.currency), row.currency, apart(row.settled, x.docs.rows[doc].date))
	switch {
	case mine == "":
		return text + "the transaction has no authorization code to confirm it"
	case its == "":
		return text + "the document has no authorization code to confirm it"
	}
	return text + fmt.Sprintf("its authorization code is %s, not %s", its, mine)
}

func inDays(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

func apart(a, b Date) string {
	if a == b {
		return "on the same day"
	}
	return inDays(int(abs(int64(a-b)))) + " apart"
}

// unmatchedRow explains a row that no document fits, with the nearest one.
func (x *explainer) unmatchedRow(i uint32) Evidence {
	what := "document"
	if x.out[i].reason != NoOrder {
		what = "credit memo"
	}
	text := x.unresolved(i, what)
	doc := x.near.of[i]
	if doc == 0 {
		return Evidence{Text: text + "; no " + what + " is near"}
	}
	return Evidence{Text: text + "; nearest is " + x.nearText(i, doc-1), Nearest: x.docs.id(int(doc - 1))}
}

// unresolved says which part of the reference names nothing (MAT-04).
func (x *explainer) unresolved(i uint32, what string) string {
	reference := x.txns.reference(int(i))
	all := parts(reference)
	if strings.TrimSpace(reference) == "" {
		return "the transaction has no reference"
	}
	l := x.captures
	if x.row(i).kind != Capture {
		l = x.memos
	}
	for _, part := range all {
		if len(all) > 1 && len(l.reference(nil, part)) == 0 {
			return fmt.Sprintf("%q of the reference %q names no %s", strings.TrimSpace(part), reference, what)
		}
	}
	return fmt.Sprintf("no %s has the reference %q", what, reference)
}

// nearText names a near document and what it fails.
func (x *explainer) nearText(i, doc uint32) string {
	d := &x.docs.rows[doc]
	name := x.docs.id(int(doc))
	if number := x.docs.orderNo(int(doc)); number != "" && number != name {
		name += " (order " + number + ")"
	}
	missed := x.missed(i, doc)
	if x.docs.rows[doc].left == 0 && d.takesMoney() {
		if taken := x.takers[doc]; len(taken) > 0 {
			missed = append(missed, "already fully applied by "+x.nameRow(taken[len(taken)-1]))
		}
	}
	if len(missed) == 0 {
		return name + ": all but the reference agrees"
	}
	return name + ": " + strings.Join(missed, "; ")
}

func (x *explainer) refundOver(i uint32) string {
	row, posted := x.parentCapture(i)
	key := parentKey{row, posted}
	if row == 0 && posted == 0 {
		return ""
	}
	in := func(minor int64) money.Amount { return money.New(minor, x.row(i).currency) }
	capture := x.parentAmount(key)
	return fmt.Sprintf("refunds of capture %s add up to %s of %s, %s over", x.parentID(key), in(capture+x.excess[i]), in(capture), in(x.excess[i]))
}

// reject says what is rejected, or why the amount is held in full (EDGE-5).
func (x *explainer) reject(i uint32) string {
	parent, row := x.txns.field(int(i), textParent), x.row(i)
	amount, known := x.rejectedAmount(i)
	in := func(minor int64) money.Amount { return money.New(minor, row.currency) }
	switch {
	case parent == "":
		return "it names no event that it rejects"
	case !known:
		return cmp.Or(x.otherCurrency(i, rejectable), fmt.Sprintf("the event %s that it rejects is not known", parent))
	case amount != -row.amount:
		return fmt.Sprintf("it rejects %s of %s, the amount of %s; the amount is held in full", in(-row.amount), in(amount), parent)
	}
	text := fmt.Sprintf("rejects %s of %s %s", parent, in(amount), row.currency)
	if docs := x.shown(i); len(docs) > 0 {
		text += ", open again: " + x.list(docs)
	}
	return text
}

// rejectedAmount is the amount of what a REJECT follows, whatever became of it.
func (x *explainer) rejectedAmount(i uint32) (amount int64, known bool) {
	parent, currency := x.txns.field(int(i), textParent), x.row(i).currency
	for _, p := range x.rowsWithID(parent) {
		if rejectable(x.row(p).kind) && x.row(p).currency == currency && x.movesMoney(p) {
			return x.row(p).amount, true
		}
	}
	for _, h := range x.history[packID(parent)] {
		if p := &x.in.History[h]; rejectable(p.Type) && p.Currency == currency {
			return p.Amount, true
		}
	}
	return 0, false
}

// otherCurrency says that what a row names as its parent is in another currency;
// "" where nothing of that kind is known.
func (x *explainer) otherCurrency(i uint32, kind func(EventType) bool) string {
	parent, currency := x.txns.field(int(i), textParent), x.row(i).currency
	is := func(other money.Currency) string { return fmt.Sprintf("%s is in %s, not %s", parent, other, currency) }
	for _, p := range x.rowsWithID(parent) {
		if kind(x.row(p).kind) && x.movesMoney(p) {
			return is(x.row(p).currency)
		}
	}
	for _, h := range x.history[packID(parent)] {
		if kind(x.in.History[h].Type) {
			return is(x.in.History[h].Currency)
		}
	}
	return ""
}

// dispute explains chargebacks, their reversals and copy requests.
func (x *explainer) dispute(i uint32) string {
	row, parent := x.row(i), x.txns.field(int(i), textParent)
	in := func(minor int64) money.Amount { return money.New(minor, row.currency) }
	original, what := Capture, "capture"
	if row.kind == ChargebackReversal {
		original, what = Chargeback, "chargeback"
	}
	at, posted := x.parentOf(i, original)
	key := parentKey{at, posted}
	var text string
	switch {
	case parent == "":
		text = "it names no " + what
	case at == 0 && posted == 0:
		other := x.otherCurrency(i, func(kind EventType) bool { return kind == original })
		text = cmp.Or(other, fmt.Sprintf("the %s %s is not known", what, parent))
	case x.excess[i] != 0:
		text = fmt.Sprintf("%s of %s %s, of which %s is left: %s over", in(abs(row.amount)), what, parent, in(abs(row.amount)-x.excess[i]), in(x.excess[i]))
	default:
		text = fmt.Sprintf("%s of capture %s of %s", in(abs(row.amount)), parent, in(x.parentAmount(key)))
	}
	if number := x.txns.field(int(i), textCase); number != "" {
		text += ", case " + number
	}
	if due := Date(blockAt(x.txns.text, row.text).number(textDueDate)); due != 0 {
		text += fmt.Sprintf(", answer due %s", due)
	}
	return text
}

// unmappedCode says what the rules have no account for (GL-06).
func (x *explainer) unmappedCode(i uint32) string {
	kind, code := x.row(i).kind, x.txns.words.text(x.row(i).feeCode)
	accounts := "fee_accounts"
	if kind == Adjustment {
		accounts = "adjustment_accounts"
	}
	switch {
	case kind != Fee && kind != Adjustment || x.mapping(i, x.linked(i)) == NoAccount:
		if lacking := x.lacking(i, x.linked(i)); lacking != "" {
			return lacking
		}
		return "no rule has an account for it, or a segment of the account has no value"
	case code == "":
		return "it has no code"
	}
	return fmt.Sprintf("code %q has no account in %s", code, accounts)
}

func (x *explainer) nameRow(i uint32) string { return fmt.Sprintf("row %d", x.res.Label(int(i))) }

// list names documents; ids may be padded as the ERP has them.
func (x *explainer) list(docs []uint32) string {
	ids := x.ids(docs)
	for k := range ids {
		ids[k] = strings.TrimSpace(ids[k])
	}
	return several(ids)
}

// several joins names for a sentence and cuts a list that is too long to read.
func several(names []string) string {
	const most = 8
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}
