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
	row := recon.PlainTransaction{
		ID: alias(w.value(requestID)), ProcessRef: alias(w.value(processRef)), AuthCode: alias(w.value(authCode)), Last4: lastDigits(w.value(accountSuffix)),
		Source: recon.Source{File: w.reading.number, Line: uint32(w.record.Line)},
	}
	if i := w.layout.at[reference]; i >= 0 {
		row.Reference = alias(w.record.Fields[i])
	}
	if !isRequestID(w.value(requestID)) || !w.plainDates(&row) || !w.plainWords(&row) || !w.plainMoney(&row) {
		return false
	}
	w.out.rows++
	if row.Type.Financial() {
		w.out.add(row.Amount, row.Currency)
	}
	w.out.batch.AddPlain(&row)
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
	id := w.layout.at[requestID]
	for i, field := range fields {
		if len(field) >= 13 && i != id && carddata.Hidden(alias(field)) {
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
	var ok [4]bool
	row.Merchant, ok[0] = b.Word(merchant)
	row.Brand, ok[1] = b.Word(paid.brand)
	row.Method, ok[2] = b.Word(paid.method)
	row.Batch, ok[3] = b.BatchWord(alias(w.value(batchID)))
	return ok == [...]bool{true, true, true, true}
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
