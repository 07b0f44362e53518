package reportfile

import (
	"fmt"
	"strings"
	"time"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/carddata"
)

// row makes the transactions of the record that the worker holds, faulty or not.
func (w *worker) row() {
	w.cards, w.strict = false, w.strict[:0]
	w.begin()
	if n := len(w.record.Fields); n != len(w.layout.names) {
		w.blame("", "wrong_column_count", fmt.Sprintf("the row has %d columns where the header has %d; compare the line with the report and download it again", n, len(w.layout.names)))
		w.readKeys()
		w.emit()
		return
	}
	if w.ill.code != "" {
		w.blame(w.ill.column, w.ill.code, w.ill.message)
	}
	w.reading.make(w)
}

// begin starts a transaction of the record.
func (w *worker) begin() {
	w.faulty = false
	custom := w.txn.Custom[:0]
	w.txn = recon.Transaction{Source: recon.Source{File: w.reading.number, Line: uint32(w.record.Line)}, Custom: custom}
}

// emit adds the transaction to the table, faulty or not.
func (w *worker) emit() {
	w.searchCards()
	t := &w.txn
	w.out.rows++
	if w.faulty {
		w.out.faulty++
		w.fault.CurrencyText = carddata.Mask(strings.Clone(alias(w.value(currency))))
		t.Fault = &w.fault
	} else if t.Type.Financial() {
		w.out.add(t.Amount, t.Currency)
	}
	if w.out.batch == nil {
		w.out.batch = w.reading.into.NewBatch()
	}
	w.out.batch.Add(t)
	t.Fault = nil
}

// blame makes the row faulty. The first blame is its Fault, all are findings.
func (w *worker) blame(column, code, message string) {
	if !w.faulty {
		w.fault = recon.Fault{Column: column, Code: code, Message: message}
	}
	w.faulty = true
	w.note(column, code, message)
}

func (w *worker) note(column, code, message string) {
	w.out.note(recon.Finding{Line: w.record.Line, Column: column, Code: code, Message: message})
}

func (w *worker) blameValue(r role, code, expected string) {
	w.blame(w.layout.nameOf(r), code, w.layout.nameOf(r)+" is "+carddata.Quote(alias(w.value(r)))+"; expected "+expected)
}

// value is the trimmed text of a column; empty where the file or the row does not have it.
func (w *worker) value(r role) []byte {
	if i := w.layout.at[r]; i >= 0 && i < len(w.record.Fields) {
		return trim(w.record.Fields[i])
	}
	return nil
}

// readBatchDetail reads a settled row.
func (w *worker) readBatchDetail() {
	w.readCommon()
	w.readApplications()
	w.readPayment()
	w.readAmount()
	w.readDates()
	w.readParent(parentID)
	w.readStatus()
	w.emit()
}

// readCommon reads what every report says of a transaction in the same way.
func (w *worker) readCommon() {
	t := &w.txn
	w.readID()
	t.Merchant = alias(w.value(merchantID))
	if t.Merchant == "" {
		t.Merchant = w.reading.meta.merchant
	}
	if t.Merchant == "" {
		w.blame(w.layout.nameOf(merchantID), "missing_merchant", "neither the row nor line 1 names a merchant id; download the report again")
	}
	t.Batch = alias(w.value(batchID))
	if i := w.layout.at[reference]; i >= 0 {
		t.Reference = alias(w.record.Fields[i])
	}
	t.ProcessRef = alias(w.value(processRef))
	t.AuthCode = alias(w.value(authCode))
	t.Last4 = lastDigits(w.value(accountSuffix))
	w.readCustom()
}

func (w *worker) readCustom() {
	t := &w.txn
	for _, c := range w.layout.custom {
		if v := trim(w.record.Fields[c.at]); len(v) > 0 {
			t.Custom = append(t.Custom, recon.Field{Name: c.name, Value: alias(v)})
		}
	}
}

// readKeys reads what helps people to find a row whose columns do not add up:
// only what is certain by its own form.
func (w *worker) readKeys() {
	if v := w.value(requestID); isRequestID(v) {
		w.txn.ID = alias(v)
		w.exempts(requestID)
	}
	if c, err := money.ParseCurrency(alias(w.value(currency))); err == nil {
		w.txn.Currency = c
	}
	if a := parseApplications(w.value(applications)); a.fault == "" {
		w.txn.Type = a.kind
	}
	if i := w.layout.at[merchantID]; i >= 0 && i < min(w.layout.at[requestID], len(w.record.Fields)) {
		w.txn.Merchant = alias(trim(w.record.Fields[i]))
	} else {
		w.txn.Merchant = w.reading.meta.merchant
	}
}

func (w *worker) readID() {
	v := w.value(requestID)
	w.txn.ID = alias(v)
	if isRequestID(v) {
		w.exempts(requestID)
	} else {
		w.blameValue(requestID, "bad_request_id", "22 to 26 digits; a spreadsheet rounds such ids, so take the report as it was downloaded")
	}
}

// isRequestID is the form of the processor's ids, which exempts them from the search for card numbers (R7).
func isRequestID(v []byte) bool {
	if !hasRequestIDSize(alias(v)) {
		return false
	}
	for _, c := range v {
		if c-'0' > 9 {
			return false
		}
	}
	return true
}

func hasRequestIDSize(id string) bool { return len(id) >= 22 && len(id) <= 26 }

func (w *worker) readApplications() {
	v := w.value(applications)
	a := w.applications.of(v)
	w.txn.Type, w.services = a.kind, *a
	if a.fault != "" {
		w.blameValue(applications, a.fault, a.expected)
	}
}

// readAmount gives the amount its sign by the application: money to the
// merchant for a bill, from it for a credit; a minus on a bill contradicts it.
func (w *worker) readAmount() {
	if w.readMoney(w.value(amount), w.value(currency)) {
		w.signAmount()
	}
}

func (w *worker) signAmount() {
	switch t := &w.txn; {
	case t.Type == recon.Capture && t.Amount < 0:
		w.blameValue(amount, "wrong_sign", "no minus, since the row is a sale")
	case t.Type == recon.CreditOrRefund && t.Amount > 0:
		t.Amount = -t.Amount
	}
}

// readMoney reads an amount as it is signed in the file.
func (w *worker) readMoney(text, code []byte) bool {
	t := &w.txn
	c, err := money.ParseCurrency(alias(code))
	t.Currency = c
	if err != nil {
		w.blameValue(currency, "unknown_currency", "an ISO 4217 code in capitals such as USD")
		return false
	}
	parsed, err := money.Parse(text, c)
	if err != nil {
		w.blameValue(amount, "bad_amount", fmt.Sprintf("a plain decimal number with at most %d decimals for %s (%s)", c.Digits(), c, err))
		return false
	}
	t.Amount = parsed.Minor()
	return true
}

func magnitude(minor int64) int64 { return max(minor, -minor) }

func (w *worker) readDates() {
	t := &w.txn
	v := w.value(batchDate)
	if len(v) == 10 {
		if d, err := recon.ParseDate(v); err == nil {
			t.BatchDate = d
		}
	} else if at, ok := parseInstant(v); ok {
		t.Batched, t.Occurred = at, at
		w.exempts(batchDate)
	}
	if t.BatchDate == 0 && t.Batched == 0 {
		w.blameValue(batchDate, "bad_batch_date", "a date such as 2026-09-30 or a time with its offset such as 2026-09-30T20:30:00Z")
	}
	if v = w.value(transactionDate); len(v) == 0 {
		return
	}
	at, ok := parseInstant(v)
	if !ok {
		w.blameValue(transactionDate, "bad_transaction_date", "a time with its offset such as 2026-09-30T20:30:00Z")
		return
	}
	t.Occurred = at
	w.exempts(transactionDate)
}

// readOccurred reads the time of the event itself.
func (w *worker) readOccurred(r role, need bool) {
	v := w.value(r)
	if len(v) == 0 && !need {
		return
	}
	day, at, ok := parseWhen(v)
	if !ok || day != 0 {
		w.blameValue(r, "bad_time", "a time with its offset such as 2026-09-30T20:30:00Z")
		return
	}
	w.txn.Occurred = at
	w.exempts(r)
}

// readBatched reads the time or day on which the event is settled; nothing there leaves it open.
func (w *worker) readBatched(r role) {
	v := w.value(r)
	if len(v) == 0 {
		return
	}
	day, at, ok := parseWhen(v)
	if !ok {
		w.blameValue(r, "bad_time", "a date such as 2026-09-30 or a time with its offset such as 2026-09-30T20:30:00Z")
		return
	}
	w.txn.BatchDate, w.txn.Batched = day, at
	w.exempts(r)
}

// parseInstant reads RFC 3339; its usual form, in UTC and whole seconds, without the detour over time.Parse.
func parseInstant(v []byte) (recon.Instant, bool) {
	if len(v) != 20 || v[19] != 'Z' || v[10] != 'T' {
		if len(v) < 20 || len(v) > 40 {
			return 0, false
		}
		at, err := recon.ParseInstant(string(v))
		return at, err == nil
	}
	d, err := recon.ParseDate(v[:10])
	hour, okHour := twoDigits(v[11:], 24)
	minute, okMinute := twoDigits(v[14:], 60)
	second, okSecond := twoDigits(v[17:], 60)
	if err != nil || !okHour || !okMinute || !okSecond || v[13] != ':' || v[16] != ':' {
		return 0, false
	}
	const day = 24 * 60 * 60
	return recon.Instant((int64(d-1)*day + int64(hour*3600+minute*60+second)) * 1e6), true
}

// parseWhen reads a day or an instant in one of the forms that the reports have.
func parseWhen(v []byte) (day recon.Date, at recon.Instant, ok bool) {
	if at, ok = parseInstant(v); ok {
		return 0, at, true
	}
	if d, err := recon.ParseDate(v); err == nil {
		return d, 0, true
	}
	text := string(v)
	if t, err := time.Parse("2006-01-02 15:04:05 GMT", text); err == nil {
		return 0, recon.InstantOf(t), true
	}
	if t, err := time.Parse("1/2/2006", text); err == nil {
		return recon.DateOf(t), 0, true
	}
	return 0, 0, false
}

// dayOf is the day of an instant in UTC.
func dayOf(at recon.Instant) recon.Date { return recon.DateOf(at.In(time.UTC)) }

func twoDigits(v []byte, below int) (n int, ok bool) {
	a, b := v[0]-'0', v[1]-'0'
	n = int(a)*10 + int(b)
	return n, a <= 9 && b <= 9 && n < below
}

// readParent reads the id of what the row follows; its own id there means nothing.
func (w *worker) readParent(r role) {
	v := w.value(r)
	if len(v) == 0 {
		return
	}
	if isRequestID(v) {
		w.exempts(r)
	}
	if alias(v) == w.txn.ID {
		return
	}
	w.txn.Parent = alias(v)
	if !isRequestID(v) {
		w.blameValue(r, "bad_payment_request_id", "22 to 26 digits, or nothing; a spreadsheet rounds such ids, so take the report as it was downloaded")
	}
}

func (w *worker) readStatus() {
	if v := w.value(status); len(v) > 0 && alias(v) != "BATCHED" {
		w.note(w.layout.nameOf(status), "unknown_status", "status is "+carddata.Quote(alias(v))+" where BATCHED was expected; the row is used all the same, ask the processor what it means")
	}
}

// lastDigits are the last four digits of a suffix such as 1111 or XXXXXXXXXXXX1111.
func lastDigits(v []byte) string {
	i := len(v)
	for i > 0 && len(v)-i < 4 && v[i-1]-'0' <= 9 {
		i--
	}
	return alias(v[i:])
}
