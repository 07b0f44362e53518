package recon_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"tieout/ledger/money"
	"tieout/recon"
)

// R8: a condemned file leaves nothing behind, neither rows nor faults nor labels.
func TestRollbackLeavesNothing(t *testing.T) {
	rows := recon.NewTransactions(4, 64)
	docs := recon.NewDocuments(4, 64)
	add := func(id string, fault *recon.Fault) {
		batch, docBatch := rows.NewBatch(), docs.NewBatch()
		batch.Add(&recon.Transaction{ID: id, RowNo: "1", Merchant: "m", Type: recon.Capture, Fault: fault})
		docBatch.Add(&recon.Document{ID: "D" + id, Merchant: "m", Amount: 5, Fault: fault})
		rows.Append(batch)
		docs.Append(docBatch)
	}
	add("1", nil)
	rowMark, docMark := rows.Mark(), docs.Mark()
	add("2", &recon.Fault{Code: "bad"})
	rows.Rollback(rowMark)
	docs.Rollback(docMark)
	add("3", nil)
	if rows.Len() != 2 || docs.Len() != 2 {
		t.Fatalf("%d rows, %d documents", rows.Len(), docs.Len())
	}
	if txn, doc := rows.At(1), docs.At(1); txn.ID != "3" || txn.Fault != nil || doc.ID != "D3" || doc.Fault != nil {
		t.Errorf("%+v %+v", txn, doc)
	}
	if txn := rows.At(0); txn.ID != "1" || txn.RowNo != "1" {
		t.Errorf("%+v", txn)
	}
}

// The list of findings is bounded and says what it leaves out.
func TestFindingsAreBounded(t *testing.T) {
	r := recon.NewFileReport("a.csv", "neutral-transactions")
	for i := range recon.MaxFindings + 5 {
		r.Note(recon.Finding{Line: i + 2, Code: "bad_amount"})
	}
	r.NoteBeyond(2)
	r.Close()
	last := r.Findings[len(r.Findings)-1]
	if len(r.Findings) != recon.MaxFindings+1 || last.Code != "more_findings" || !strings.HasPrefix(last.Message, "7 more findings") {
		t.Errorf("%d findings, the last is %+v", len(r.Findings), last)
	}
	r.Close()
	if len(r.Findings) != recon.MaxFindings+1 {
		t.Error("closing twice says it twice")
	}
}

// DESIGN, inputs.json: a condemned file has accepted 0 and no totals; lists that hold nothing are empty, never null.
func TestFileVerdicts(t *testing.T) {
	usd := money.MustCurrency("USD")
	r := recon.NewFileReport("a.csv", "neutral-transactions")
	r.Rows.Total = 10
	totals := recon.ControlTotals{}
	totals.Add(1<<62, usd)
	totals.Add(1<<62, usd)
	totals.Add(-7, usd)
	totals.Add(5, money.MustCurrency("JPY"))
	totals.Add(-3, money.MustCurrency("KWD"))
	r.Judge(&recon.FileCount{Quarantined: 2, Duplicate: 1, Totals: totals})
	if got := fmt.Sprint(r.Verdict, r.Rows, r.Totals); got != "PARTIAL{10 7 2 1} map[JPY:5 KWD:-0.003 USD:92233720368547758.01]" {
		t.Error(got)
	}
	r.Condemn(recon.FileQuarantined)
	r.Judge(&recon.FileCount{})
	if got := fmt.Sprint(r.Condemned(), r.Verdict, r.Rows, r.Totals); got != "trueQUARANTINED{10 0 10 0} map[]" {
		t.Error(got)
	}
	text, err := json.Marshal(recon.FileReport{File: "b.csv", Kind: "neutral-bank", Verdict: recon.FileNotAReport})
	want := `{"file":"b.csv","kind":"neutral-bank","verdict":"NOT_A_REPORT","rows":{"total":0,"accepted":0,"quarantined":0,"duplicate":0},"totals":{},"findings":[]}`
	if err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
}

// MAT-10: the same item has the same id on every run; parts are not run together.
func TestExceptionIDs(t *testing.T) {
	ids := map[string]bool{}
	for _, key := range [][]string{{"event", "12", "3"}, {"event", "1", "23"}, {"event", "123", ""}, {"doc", "12", "3"}, {"event", "12", "3", ""}} {
		ids[recon.ExceptionID(key[0], key[1:]...)] = true
	}
	if len(ids) != 5 {
		t.Errorf("%d different ids of 5 keys", len(ids))
	}
	if got := recon.ExceptionID("event", "7000000000000000000011", "CAPTURE"); got != "X1292ac91f9ae0f71" {
		t.Errorf("%s: an id that changes loses its notes and its age", got)
	}
}

// What is stored and shown as a word reads back, and no other word does.
func TestWordsReadBack(t *testing.T) {
	for _, reason := range recon.ExceptionReasons() {
		if back, ok := recon.ParseReason(reason.String()); !ok || back != reason {
			t.Errorf("%s reads as %s", reason, back)
		}
		if about := reason.About(); about.Text == "" || about.Owner == "" || about.Action == "" || !strings.Contains("HML", string(about.Severity)) {
			t.Errorf("%s: %+v", reason, about)
		}
	}
	for _, word := range []string{"", "NO ORDER", "no_order"} {
		if back, ok := recon.ParseReason(word); ok {
			t.Errorf("%q reads as %s", word, back)
		}
	}
	for _, event := range []string{"AUTH", "CAPTURE", "CREDIT_OR_REFUND", "ADJUSTMENT"} {
		if back, ok := recon.ParseEventType(event); !ok || back.String() != event {
			t.Errorf("%s reads as %s", event, back)
		}
	}
	if _, ok := recon.ParseEventType("FUNDING"); ok {
		t.Error("FUNDING is no event of a row (ACC-02)")
	}
	for _, status := range []string{"OPEN", "PARTIAL", "SHIPPED", "CLOSED", "CANCELLED"} {
		if back, ok := recon.ParseDocStatus(status); !ok || back.String() != status {
			t.Errorf("%s reads as %s", status, back)
		}
	}
	if recon.Ignored.String() != "IGNORED" || recon.ByWeak.String() != "P5_WEAK" || recon.ClearsSuspense.String() != "CLEARS_SUSPENSE" {
		t.Error("an outcome is shown by another word")
	}
}
