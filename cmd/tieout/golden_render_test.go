package main

import (
	"encoding/csv"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// resultFile is what golden cases look at in result.json.
type resultFile struct {
	Transactions []struct {
		Row       int      `json:"row_no"`
		Outcome   string   `json:"outcome"`
		Reason    string   `json:"reason"`
		Secondary []string `json:"secondary_reasons"`
		Pass      string   `json:"match_pass"`
		Kind      string   `json:"match_kind"`
		Documents []string `json:"documents"`
		Applied   string   `json:"applied"`
		Suspended string   `json:"suspended"`
		WriteOff  string   `json:"write_off"`
		Settled   string   `json:"settlement_date"`
		Posting   string   `json:"posting_date"`
		Suggested []string `json:"suggested_documents"`
	} `json:"transactions"`
	Documents []struct {
		ID        string `json:"doc_id"`
		Outcome   string `json:"outcome"`
		Reason    string `json:"reason"`
		Kind      string `json:"kind"`
		Applied   string `json:"applied_run"`
		Remaining string `json:"remaining"`
	} `json:"documents"`
	Cleared []struct {
		ID     string   `json:"txn_id"`
		From   string   `json:"from_reason"`
		Docs   []string `json:"docs"`
		Pass   string   `json:"match_pass"`
		Amount string   `json:"amount"`
	} `json:"auto_cleared"`
	Allocations map[string][]map[string]string `json:"component_allocations"`
	Batches     []struct {
		Merchant string `json:"merchant_id"`
		Settled  string `json:"settlement_date"`
		Currency string `json:"currency"`
		Net      string `json:"net"`
		Funded   string `json:"funded"`
		Status   string `json:"status"`
		Reason   string `json:"reason"`
	} `json:"batches"`
	Funding []struct {
		ID         string   `json:"deposit_id"`
		Outcome    string   `json:"outcome"`
		Reason     string   `json:"reason"`
		Secondary  []string `json:"secondary"`
		Difference string   `json:"difference"`
		FX         string   `json:"fx_difference"`
		BankLines  []string `json:"bank_lines"`
	} `json:"funding"`
	Bank []struct {
		ID       string   `json:"bank_line_id"`
		Outcome  string   `json:"outcome"`
		Reason   string   `json:"reason"`
		Deposits []string `json:"deposits"`
	} `json:"bank"`
	Journal []struct {
		Key   string `json:"key"`
		Lines []struct {
			Account string `json:"account"`
			Side    string `json:"side"`
			Amount  string `json:"amount"`
			Base    string `json:"base_amount"`
		} `json:"lines"`
	} `json:"journal"`
	Suspense map[string]struct {
		Closing string   `json:"closing"`
		Items   []string `json:"open_items"`
	} `json:"suspense_proof"`
	InTransit map[string]string `json:"cash_in_transit_closing"`
}

// sentence joins what is there; words that say nothing are left out.
func sentence(words ...string) string {
	var kept []string
	for _, word := range words {
		if word != "" {
			kept = append(kept, word)
		}
	}
	return strings.Join(kept, " ")
}

// figure is "name amount", or nothing for zero.
func figure(name, amount string) string {
	if strings.Trim(amount, "0.") == "" {
		return ""
	}
	return name + " " + amount
}

func named(name string, items []string) string {
	if len(items) == 0 {
		return ""
	}
	return sentence(name, strings.Join(items, " "))
}

// render tells a result in lines as golden cases write them.
func render(t *testing.T, out string) (lines []string) {
	t.Helper()
	var r resultFile
	if err := json.Unmarshal([]byte(read(t, filepath.Join(out, "result.json"))), &r); err != nil {
		t.Fatal(err)
	}
	add := func(subject string, words ...string) { lines = append(lines, subject+": "+sentence(words...)) }
	for _, x := range r.Transactions {
		label, _ := json.Marshal(x.Row)
		add("row "+string(label), x.Outcome, x.Reason, named("also", x.Secondary), x.Kind, x.Pass, strings.Join(x.Documents, " "),
			figure("applied", x.Applied), figure("suspended", x.Suspended), figure("write-off", x.WriteOff), named("suggests", x.Suggested))
		if x.Posting != "" {
			add("dates "+string(label), "settled "+x.Settled, "posted "+x.Posting)
		}
	}
	for _, x := range r.Documents {
		add("doc "+x.ID, x.Outcome, x.Reason, x.Kind, figure("applied", x.Applied), figure("remaining", x.Remaining))
	}
	for _, x := range r.Cleared {
		add("cleared "+x.ID, x.From, x.Pass, strings.Join(x.Docs, " "), figure("amount", x.Amount))
	}
	for doc, splits := range r.Allocations {
		for _, s := range splits {
			add("split "+doc+" by "+s["row_no"], s["goods"], s["tax"], s["shipping"], s["surcharge"])
		}
	}
	for _, x := range r.Batches {
		add("batch "+x.Merchant+" "+x.Settled+" "+x.Currency, x.Status, x.Reason, figure("net", x.Net), figure("funded", x.Funded))
	}
	return append(lines, r.renderBooks(t, out)...)
}

func (r *resultFile) renderBooks(t *testing.T, out string) (lines []string) {
	t.Helper()
	add := func(subject string, words ...string) { lines = append(lines, subject+": "+sentence(words...)) }
	for _, x := range r.Funding {
		add("deposit "+x.ID, x.Outcome, x.Reason, named("also", x.Secondary), figure("difference", x.Difference), figure("fx", x.FX), named("on", x.BankLines))
	}
	for _, x := range r.Bank {
		add("bank "+x.ID, x.Outcome, x.Reason, named("of", x.Deposits))
	}
	for _, e := range r.Journal {
		var all []string
		for _, l := range e.Lines {
			text := l.Side + " " + l.Account + " " + l.Amount
			if l.Base != l.Amount {
				text += " [" + l.Base + "]"
			}
			all = append(all, text)
		}
		add("entry "+e.Key, strings.Join(all, ", "))
	}
	for c, s := range r.Suspense {
		add("open "+c, s.Closing, strings.Join(s.Items, " "))
	}
	for c, amount := range r.InTransit {
		add("transit "+c, amount)
	}
	return append(lines, renderReasons(t, out)...)
}

// renderReasons tells the reason texts of exceptions.csv.
func renderReasons(t *testing.T, out string) (lines []string) {
	t.Helper()
	table, err := csv.NewReader(strings.NewReader(read(t, filepath.Join(out, "exceptions.csv")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := func(row []string, name string) string { return row[slices.Index(table[0], name)] }
	key := map[string]string{"event": "request_id", "doc": "order_no", "deposit": "merchant_ref", "bank": "merchant_ref", "batch": "merchant_id"}
	for _, row := range table[1:] {
		side := column(row, "side")
		text := column(row, "reason text")
		if suggested := column(row, "suggested match"); suggested != "" {
			text += " -> " + suggested
		}
		lines = append(lines, "why "+side+" "+column(row, key[side])+": "+text)
	}
	return lines
}
