package reportfile

import (
	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/carddata"
)

// A settlement report has millions of rows, and in nearly all of them nothing is
// unusual: such a row goes from its fields into the table without a Transaction
// in between. plainRow does for it what readBatchDetail would do, and leaves
// every other row, untouched, to that.

// emptyInPlain are the columns that hold nothing in a plain row.
func (l *layout) emptyInPlain() (columns []int) {
	columns = append(columns, l.secret...)
	for _, c := range l.custom {
		columns = append(columns, c.at)
	}
	if at := l.at[parentID]; at >= 0 {
		columns = append(columns, at)
	}
	return columns
}

// plainRow packs the record if nothing about it is unusual; else it is false,
// and nothing has happened.
func (w *worker) plainRow() bool {
	if !w.plain || len(w.record.Fields) != len(w.layout.names) || w.holdsMore() {
		return false
	}
	var row recon.PlainTransaction // filled field by field, since it is read at once
	row.ID, row.ProcessRef = alias(w.value(requestID)), alias(w.value(processRef))
	row.AuthCode, row.Last4 = alias(w.value(authCode)), lastDigits(w.value(accountSuffix))
	row.Source.File, row.Source.Line = w.reading.number, uint32(w.record.Line)
	if i := w.layout.at[reference]; i >= 0 {
		row.Reference = alias(w.record.Fields[i])
	}
	if !hasRequestIDSize(row.ID) || !w.plainDates(&row) || !w.plainWords(&row) || !w.plainMoney(&row) || !w.out.batch.AddPlain(&row) {
		return false
	}
	w.out.rows++
	if row.Type.Financial() {
		w.out.add(row.Amount, row.Currency)
	}
	return true
}

// holdsMore tells a record with card data, or with a value where a plain row has none.
func (w *worker) holdsMore() bool {
	fields := w.record.Fields
	for _, i := range w.empty {
		if len(fields[i]) > 0 {
			return true
		}
	}
	id, paid := w.layout.at[requestID], w.layout.at[paymentType]
	for i := range fields {
		if len(fields[i]) >= 13 && i != id && i != paid && carddata.Hidden(alias(fields[i])) {
			return true
		}
	}
	status := w.value(status)
	return len(status) > 0 && string(status) != "BATCHED"
}

// plainDates reads the batch date or time, and the time of the event.
func (w *worker) plainDates(row *recon.PlainTransaction) (ok bool) {
	v := w.value(batchDate)
	if len(v) == 10 {
		row.BatchDate, _ = recon.ParseDate(v)
		ok = row.BatchDate != 0
	} else {
		row.Batched, ok = parseInstant(v)
		row.Occurred = row.Batched
		ok = ok && row.Batched != 0
	}
	if v = w.value(transactionDate); ok && len(v) > 0 {
		row.Occurred, ok = parseInstant(v)
	}
	return ok
}

// plainWords numbers the words of the row and finds its event.
func (w *worker) plainWords(row *recon.PlainTransaction) bool {
	service := w.applications.of(w.value(applications))
	merchant := alias(w.value(merchantID))
	if merchant == "" {
		merchant = w.reading.meta.merchant
	}
	if merchant == "" || service.fault != "" || service.echeck {
		return false
	}
	row.Type = service.kind
	paid, b := w.paymentOf(w.value(paymentType)), w.out.batch
	if !paid.numbered && !paid.number(b) {
		return false
	}
	row.Brand, row.Method = paid.brandNumber, paid.methodNumber
	var ok [2]bool
	row.Merchant, ok[0] = b.Word(merchant)
	row.Batch, ok[1] = b.BatchWord(alias(w.value(batchID)))
	return ok == [...]bool{true, true}
}

// number gives the words of a payment their numbers; false where the run has too
// many words, and where the type holds card data.
func (p *knownPayment) number(b *recon.TransactionBatch) bool {
	var ok [2]bool
	p.brandNumber, ok[0] = b.Word(p.brand)
	p.methodNumber, ok[1] = b.Word(p.method)
	p.numbered = ok == [...]bool{true, true} && !carddata.Hidden(p.text)
	return p.numbered
}

// plainMoney reads the amount, and its sign by the event.
func (w *worker) plainMoney(row *recon.PlainTransaction) bool {
	code, err := money.ParseCurrency(alias(w.value(currency)))
	if err != nil {
		return false
	}
	parsed, err := money.Parse(w.value(amount), code)
	if err != nil {
		return false
	}
	row.Currency, row.Amount = code, parsed.Minor()
	switch {
	case row.Type == recon.Capture && row.Amount < 0:
		return false
	case row.Type == recon.CreditOrRefund && row.Amount > 0:
		row.Amount = -row.Amount
	}
	return true
}
