package recon_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"tieout/fixtures/inputs"
	"tieout/fixtures/scenario"
	"tieout/recon"
)

// nightOf is a night of the worked example's policy with rows and documents of
// its own. A row is "id parent event batch-time amount reference", blank as "-".
func nightOf(t *testing.T, rows, history []string, documents ...string) *inputs.Night {
	t.Helper()
	policy, err := os.ReadFile("../fixtures/golden/worked-example/config.json")
	if err != nil {
		t.Fatal(err)
	}
	field := func(text string) string { return strings.ReplaceAll(text, "-none-", "") }
	events := func(header string, rows []string, tail string) []byte {
		var out strings.Builder
		out.WriteString("row_no,txn_id,parent_txn_id,merchant_id,event_type,event_time,batch_time,currency,amount,last4,auth_code,merchant_ref" + header + "\n")
		for i, row := range rows {
			f := strings.Fields(row)
			out.WriteString(field(fmt.Sprintf("%d,%s,%s,acme_us,%s,2026-09-28T10:00:00Z,%s,USD,%s,1111,A1,%s%s\n", i+1, f[0], f[1], f[2], f[3], f[4], f[5], tail)))
		}
		return []byte(out.String())
	}
	docs := "doc_id,doc_type,order_no,invoice_no,doc_date,status,merchant_id,payment_method,currency,amount,last4\n" + strings.Join(documents, "\n")
	s := scenario.Scenario{Policy: policy, Transactions: [][]byte{events("", rows, "")}, Documents: [][]byte{[]byte(docs + "\n")}}
	if history != nil {
		s.History = [][]byte{events(",doc_ids,open_reason", history, ",,")}
	}
	night, err := inputs.Scenario(s)
	if err != nil {
		t.Fatal(err)
	}
	return night
}

const batched = "2026-09-29T20:30:00Z"

func outcomes(res *recon.Result) (all []string) {
	for _, i := range res.Order() {
		verdict, reason := res.Verdict(int(i))
		all = append(all, strings.TrimSpace(verdict.String()+" "+reason.String()))
	}
	return all
}

// Stage 0: the order of its tests, and which rows a conflict takes along. Each
// case is told in both orders of the rows (INV-12).
func TestStageZero(t *testing.T) {
	capture := func(id, amount string) string { return id + " -none- CAPTURE " + batched + " " + amount + " S1" }
	for _, c := range []struct {
		name          string
		rows, history []string
		want          []string
	}{
		{
			"the same key with different content: nobody knows which is right",
			[]string{capture("1", "5.00"), capture("1", "6.00")},
			nil,
			[]string{"EXCEPTION INVALID_ROW", "EXCEPTION INVALID_ROW"},
		},
		{
			"an unreadable row of the same key is different content",
			[]string{capture("1", "5.00"), capture("1", "5.001")},
			nil,
			[]string{"EXCEPTION INVALID_ROW", "EXCEPTION INVALID_ROW"},
		},
		{
			"a row whose event type cannot be read has no key in common",
			[]string{capture("1", "5.00"), "1 -none- CAPTURED " + batched + " 5.00 S1"},
			nil,
			[]string{"EXCEPTION NO_ORDER", "EXCEPTION INVALID_ROW"},
		},
		{
			"another event of the same id is another key",
			[]string{capture("1", "5.00"), "1 -none- AUTH -none- 5.00 S1"},
			nil,
			[]string{"EXCEPTION NO_ORDER", "IGNORED NON_FINANCIAL"},
		},
		{
			"content is compared by value (EDGE-10)",
			[]string{capture("1", "5.0"), capture("1", "5.00")},
			nil,
			[]string{"EXCEPTION NO_ORDER", "IGNORED DUPLICATE_ROW"},
		},
		{
			"a VOID of a submitted capture cannot be",
			[]string{capture("1", "5.00"), "2 1 VOID -none- 5.00 S1"},
			nil,
			[]string{"EXCEPTION NO_ORDER", "EXCEPTION INVALID_ROW"},
		},
		{
			"a VOID of a capture that cannot be trusted voids nothing that was submitted",
			[]string{capture("1", "-5.00"), "2 1 VOID -none- 5.00 S1"},
			nil,
			[]string{"EXCEPTION INVALID_ROW", "IGNORED VOIDED"},
		},
		{
			"a VOID of captures that contradict each other voids nothing that was submitted",
			[]string{capture("1", "5.00"), "2 1 VOID -none- 5.00 S1", capture("1", "6.00")},
			nil,
			[]string{"EXCEPTION INVALID_ROW", "IGNORED VOIDED", "EXCEPTION INVALID_ROW"},
		},
		{
			"an impossible VOID twice is invalid twice: INVALID_ROW comes before DUPLICATE_ROW",
			[]string{capture("1", "5.00"), "2 1 VOID -none- 5.00 S1", "2 1 VOID -none- 5.00 S1"},
			nil,
			[]string{"EXCEPTION NO_ORDER", "EXCEPTION INVALID_ROW", "EXCEPTION INVALID_ROW"},
		},
		{
			"a REJECT with its target's sign",
			[]string{capture("1", "5.00"), "2 1 REJECT " + batched + " 5.00 S1"},
			nil,
			[]string{"EXCEPTION NO_ORDER", "EXCEPTION INVALID_ROW"},
		},
		{
			"posted by an earlier run",
			[]string{capture("1", "5.00")},
			[]string{"1 -none- CAPTURE 2026-09-10T20:30:00Z 5.00 S1"},
			[]string{"IGNORED DUPLICATE_ROW"},
		},
		{
			"posted by an earlier run with another amount, however often it comes (EDGE-10)",
			[]string{capture("1", "5.00"), capture("1", "5.00")},
			[]string{"1 -none- CAPTURE 2026-09-10T20:30:00Z 4.00 S1"},
			[]string{"EXCEPTION INVALID_ROW", "EXCEPTION INVALID_ROW"},
		},
		{
			"what was posted for a row of this range is replaced by this run",
			[]string{capture("1", "5.00")},
			[]string{"1 -none- CAPTURE " + batched + " 4.00 S1"},
			[]string{"EXCEPTION NO_ORDER"},
		},
	} {
		for _, backwards := range []bool{false, true} {
			rows, want := append([]string(nil), c.rows...), append([]string(nil), c.want...)
			if backwards {
				for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
					rows[i], rows[j], want[i], want[j] = rows[j], rows[i], want[j], want[i]
				}
			}
			got := outcomes(nightOf(t, rows, c.history).Reconcile())
			if strings.Join(got, ", ") != strings.Join(want, ", ") && strings.Join(got, ", ") != strings.Join(c.want, ", ") {
				t.Errorf("%s (backwards: %v):\n got %q\nwant %q", c.name, backwards, got, want)
			}
		}
	}
}
