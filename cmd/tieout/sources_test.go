package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tieout/recon/night"
)

// The reports of one capture of 2026-09-29: the batch report settles it, the
// request report knows its authorisation, one fee report its whole fee and
// another a part of it.
func sourcesOfOneCapture() map[string]string {
	const id = "7000000000000000000001"
	return map[string]string{
		"batch": processorReport("acme", "Daily", "2026-09-29", "2026-09-30", [4]string{"01", "2026-09-29", "50.00", "9"}),
		"request": "acme,Requests,TransactionRequest,1.1,2026-09-29T04:00:00Z to 2026-09-30T04:00:00Z,,,,\n" +
			"request_id,merchant_id,transaction_date,merchant_ref_number,amount,currency,ics_applications,ics_rcode,AuthorizationCode,account_suffix\n" +
			id + ",acme,2026-09-29T15:00:00Z,9,50.00,USD,\"ics_auth,ics_bill\",\"1,1\",A77,1111\n",
		"whole": "requestId,transactionType,amount,currencyCode,cybersourceBatchTime,cybersourceMerchantId,totalFee,feeCurrency\n" +
			id + ",Purchases,50.00,USD,2026-09-29T16:00:00Z,acme,0.42,USD\n",
		"part": "requestId,merchantId,interchangeAmount,settlementCurrencyCode,settlementTime,batchTime\n" +
			id + ",acme,0.30,USD,2026-09-29T16:00:00Z,2026-09-29T16:00:00Z\n",
	}
}

// moneyRows are the stored rows that move money, each with its amount and what it knows.
func (c companyFolder) moneyRows() (all []string) {
	c.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(c.dir, "tieout.db"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT v.body FROM items i JOIN item_versions v ON v.run_no = i.run_no AND v.side = i.side AND v.item_key = i.item_key WHERE i.side = 'event'")
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var body []byte
		var r night.Row
		if err := rows.Scan(&body); err != nil {
			c.t.Fatal(err)
		}
		if err := json.Unmarshal(body, &r); err != nil {
			c.t.Fatal(err)
		}
		if r.Posting != 0 {
			all = append(all, fmt.Sprintf("%s %d %s on %s", r.Key(), r.Amount, r.AuthCode, r.Settled))
		}
	}
	slices.Sort(all)
	return all
}

// R2: the same capture in the batch report, the request report and a fee report
// is one transaction enriched, never two, in whatever order and on whatever
// nights they come; so is a fee of which one report gives the whole and another a part.
func TestOneCaptureOnSeveralNights(t *testing.T) {
	wantRows := []string{
		"7000000000000000000001-FEE-TOTAL/FEE -42  on 2026-09-29", "7000000000000000000001/CAPTURE 5000 A77 on 2026-09-29",
	}
	want := map[string]int64{"1150-100": 4958, "2190-100": -5000, "9999-100": 42}
	for _, order := range []string{"batch request whole part", "part whole request batch", "request batch part whole", "whole part batch request", "whole batch+part request"} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, "")
			for k, names := range strings.Fields(order) {
				for name := range strings.SplitSeq(names, "+") {
					c.put("reports/"+name+".csv", sourcesOfOneCapture()[name])
				}
				day := fmt.Sprintf("2026-09-%d", 29+k)
				if 29+k > 30 {
					day = fmt.Sprintf("2026-10-%02d", k-1)
				}
				c.night(0, day, day, "2026-10-05")
			}
			if got := c.moneyRows(); !slices.Equal(got, wantRows) {
				t.Errorf("rows\n got %q\nwant %q", got, wantRows)
			}
			if got := c.balances(); !maps.Equal(got, want) {
				t.Errorf("balances %v, want %v", got, want)
			}
			for _, day := range []string{"2026-09-29", "2026-09-30"} { // and it stays so
				for _, r := range c.night(0, day, day, "2026-10-05") {
					if r.Entries != "entries UNCHANGED" || len(r.Restated) > 0 {
						t.Errorf("%s again: %+v", day, r)
					}
				}
			}
		})
	}
}

// A capture that is batched on the next day is completed by the request report
// of its own day, which an earlier night has read.
func TestCaptureBatchedTheDayAfterItsRequest(t *testing.T) {
	c := newCompany(t, "")
	c.put("reports/request.csv", sourcesOfOneCapture()["request"])
	c.night(0, "2026-09-29", "2026-09-29", "2026-10-05")
	c.put("reports/other.csv", processorReport("acme", "Daily", "2026-09-30", "2026-10-01", [4]string{"02", "2026-09-30", "1.00", "9"}))
	c.night(0, "2026-09-30", "2026-09-30", "2026-10-05")
	c.put("reports/batch.csv", processorReport("acme", "Daily", "2026-10-01", "2026-10-02", [4]string{"01", "2026-10-01", "50.00", "9"}))
	for range 2 {
		if got := c.night(0, "2026-10-01", "2026-10-01", "2026-10-05"); got[0].Rows != 2 || len(got) != 1 {
			t.Errorf("%+v: want the batch report and the request report read", got)
		}
		want := []string{"7000000000000000000001/CAPTURE 5000 A77 on 2026-10-01", "7000000000000000000002/CAPTURE 100  on 2026-09-30"}
		if got := c.moneyRows(); !slices.Equal(got, want) {
			t.Errorf("rows\n got %q\nwant %q", got, want)
		}
	}
}

// What no rank can decide, on several nights: what was posted stays, and the
// merchant's day is held until somebody finds out.
func TestLaterReportOfAnotherAmount(t *testing.T) {
	for _, order := range [][2]string{{"batch", "request"}, {"whole", "batch"}} {
		c := newCompany(t, "")
		sources := sourcesOfOneCapture()
		c.put("reports/a.csv", sources[order[0]])
		c.night(0, "2026-09-29", "2026-09-29", "2026-10-05")
		before := c.moneyRows()
		c.put("reports/b.csv", strings.Replace(sources[order[1]], "50.00", "51.00", 1))
		nights := c.night(0, "2026-09-30", "2026-09-30", "2026-10-05")
		if held := nights[len(nights)-1].Holds; len(held) != 1 || !strings.Contains(held[0], "what was posted of it stays") {
			t.Errorf("%v: %+v: want the day held", order, nights)
		}
		if got := c.moneyRows(); !slices.Equal(got, before) {
			t.Errorf("%v: rows\n got %q\nwant %q", order, got, before)
		}
		if again := c.night(0, "2026-09-29", "2026-09-29", "2026-10-05"); again[0].Entries != "entries UNCHANGED" || len(again[0].Holds) != 1 {
			t.Errorf("%v: %+v: want the day still held", order, again)
		}
	}
}

// So it does where the batch report comes again with another amount and the
// request report, which comes with it, has the first one.
func TestRestatedReportThatAnotherContradicts(t *testing.T) {
	c := newCompany(t, "")
	sources := sourcesOfOneCapture()
	c.put("reports/a.csv", sources["batch"])
	c.night(0, "2026-09-29", "2026-09-29", "2026-10-05")
	before := c.moneyRows()
	c.put("reports/b.csv", strings.Replace(sources["batch"], "50.00", "51.00", 1))
	c.put("reports/c.csv", sources["request"])
	for range 2 {
		got := c.night(0, "2026-09-29", "2026-09-29", "2026-10-05")[0]
		if rows := c.moneyRows(); len(got.Holds) == 0 || got.Entries != "entries UNCHANGED" || !slices.Equal(rows, before) {
			t.Errorf("%+v: rows %q, want %q and the day held", got, rows, before)
		}
	}
}

// A part of a fee that settles on another day than the whole is given back there.
func TestWholeFeeOfAnotherDay(t *testing.T) {
	for _, first := range []string{"part", "whole"} {
		c := newCompany(t, "")
		sources := sourcesOfOneCapture()
		sources["whole"] = strings.Replace(sources["whole"], "2026-09-29T16", "2026-09-30T16", 1)
		second := map[string]string{"part": "whole", "whole": "part"}[first]
		c.put("reports/a.csv", sources[first])
		c.night(0, "2026-09-29", "2026-09-29", "2026-10-05")
		c.put("reports/b.csv", sources[second])
		c.night(0, "2026-09-30", "2026-09-30", "2026-10-05")
		c.night(0, "2026-09-29", "2026-09-30", "2026-10-05")
		want := []string{"7000000000000000000001-FEE-TOTAL/FEE -42  on 2026-09-30", "7000000000000000000001/CAPTURE 5000  on 2026-09-30"}
		if got := c.moneyRows(); !slices.Equal(got, want) {
			t.Errorf("%s first: rows\n got %q\nwant %q", first, got, want)
		}
		if got, want := c.balances(), map[string]int64{"1150-100": 4958, "2190-100": -5000, "9999-100": 42}; !maps.Equal(got, want) {
			t.Errorf("%s first: balances %v, want %v", first, got, want)
		}
	}
}
