package recon

// closePeriods is EDGE-9: a row dated in a closed period keeps its kind and is
// CLOSED_PERIOD; every other exception so dated has it as a secondary reason.
func (r *run) closePeriods() {
	if r.allOpen() {
		return
	}
	for _, i := range r.rowsWhere(func(i uint32) bool {
		settled, o := r.row(i).settled, &r.out[i]
		return settled != 0 && o.verdict != Ignored && o.reason != InvalidRow && r.books.PostingDate(settled) != settled
	}) {
		if r.postedOn(i) == 0 {
			r.closeRow(i)
		}
	}
}

// allOpen tells that no day on which rows are dated is in a closed period, where
// there are so few days that each can be asked for.
func (r *run) allOpen() bool {
	const days = 1000
	if r.lastDay-r.firstDay > days {
		return false
	}
	for day := r.firstDay; day <= r.lastDay; day++ {
		if day != 0 && r.books.PostingDate(day) != day {
			return false
		}
	}
	return true
}

func (r *run) closeRow(i uint32) {
	o := &r.out[i]
	if o.verdict == Exception {
		d := r.detail(i)
		d.secondary = append(d.secondary[:len(d.secondary):len(d.secondary)], ClosedPeriod)
		return
	}
	applied, suspended, writeOff := r.money(i)
	d := r.detail(i)
	d.applied, d.suspended, d.writeOff = applied, suspended, writeOff
	o.verdict, o.reason = Exception, ClosedPeriod
}

// judgeDocuments is stage 10: the first rule that applies. It counts the outcomes
// and lists the exceptions.
func (r *run) judgeDocuments() {
	parts := make([]counts, r.in.Workers)
	inRanges(r.in.Workers, len(r.docs.rows), func(worker, from, to int) {
		part := &parts[worker]
		for i := from; i < to; i++ {
			d := &r.docs.rows[i]
			if d.out.verdict == Undecided {
				d.out = r.judgeDocument(uint32(i))
			}
			part.docs[d.out.verdict][d.out.reason]++
			if d.out.verdict == Exception {
				part.openDocs = append(part.openDocs, uint32(i))
			}
		}
	})
	for w := range parts {
		r.counted.docs.add(&parts[w].docs)
		r.counted.openDocs = append(r.counted.openDocs, parts[w].openDocs...)
	}
}

func (r *run) judgeDocument(doc uint32) docOutcome {
	d, left, netted := &r.docs.rows[doc], r.docs.rows[doc].left, r.docs.rows[doc].out.netted
	touched := left != d.amount
	var reason Reason
	inherited := false
	if left != 0 {
		reason, inherited = r.reasons[doc]
	}
	switch {
	case d.flags&docCard == 0:
		return docOutcome{verdict: Ignored, reason: NotCard}
	case d.flags&docTest != 0:
		return docOutcome{verdict: Ignored, reason: Test}
	case d.flags&docDuplicate != 0:
		return docOutcome{verdict: Exception, reason: DuplicateOrder}
	case netted:
		return docOutcome{verdict: Matched, kind: Netted}
	case left == 0:
		return docOutcome{verdict: Matched, kind: Full}
	case (d.status == Partial || d.status == Open) && touched && !inherited:
		return docOutcome{verdict: Matched, kind: PartialKind}
	case inherited:
		return docOutcome{verdict: Exception, reason: reason}
	case d.status == Cancelled:
		return docOutcome{verdict: Ignored, reason: DocCancelled}
	case d.status == Open:
		return docOutcome{verdict: Ignored, reason: NotDue}
	case touched:
		return docOutcome{verdict: Exception, reason: AmountUnder}
	case int(r.p.AsOf-d.date) <= r.p.TimingDays:
		return docOutcome{verdict: Exception, reason: TimingNotSettled}
	case d.kind == CreditMemo:
		return docOutcome{verdict: Exception, reason: CreditMemoNoRefund}
	}
	return docOutcome{verdict: Exception, reason: NotCaptured}
}
