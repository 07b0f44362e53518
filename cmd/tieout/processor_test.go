package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tieout/fixtures/sandbox"
	"tieout/recon"
	"tieout/recon/cybersource"
	"tieout/recon/night"
)

// accountFolder is a company whose reports come from a stand-in of the processor.
type accountFolder struct {
	companyFolder
	peer  *sandbox.Sandbox
	shelf *sandbox.Shelf
	base  string
	clock func() time.Time
}

const accountSection = `
reports:
  base_url: %s
  ca_file: tls/ca.pem
  merchants: {acme: {auth: %s, key_id: "%s", secret: "${file:key}"%s}}
  list:
    - {name: %s, zone: %s, definition: PaymentBatchDetailClass%s}
`

const daily = "PaymentBatchDetailReport_Daily_Classic"

// newAccount opens at noon of 2026-10-05 in Los Angeles.
func newAccount(t *testing.T, scheme cybersource.Scheme, zone, more string) *accountFolder {
	t.Helper()
	o := &accountFolder{companyFolder: newCompany(t, ""), shelf: &sandbox.Shelf{}, clock: func() time.Time { return time.Date(2026, 10, 5, 19, 0, 0, 0, time.UTC) }}
	account := sandbox.Account{Merchant: "acme", KeyID: sandboxKeyID, Secret: sandboxSecret}
	keys := ""
	if scheme == cybersource.JWTP12 {
		path, err := account.Certify(o.dir, o.clock())
		if err != nil {
			t.Fatal(err)
		}
		o.put("password", "acme\n")
		keys = fmt.Sprintf(`, p12: "${file:%s}", password: "${file:password}"`, filepath.Base(path))
	}
	var err error
	o.peer, err = sandbox.New(sandbox.Config{Account: account, Library: o.shelf, Now: func() time.Time { return o.clock() }, OneTime: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan sandbox.Ready, 1), make(chan error, 1)
	go func() {
		ended <- o.peer.Serve(ctx, "127.0.0.1:0", filepath.Join(o.dir, "tls"), func(r sandbox.Ready) { ready <- r })
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case r := <-ready:
		o.base = r.BaseURL
	case err := <-ended:
		t.Fatal(err)
	}
	o.put("key", sandboxSecret+"\n")
	section := fmt.Sprintf(accountSection, o.base, scheme, sandboxKeyID, keys, daily, zone, more)
	o.put("tieout.yaml", fmt.Sprintf(strings.Replace(nightConfig, "reports: reports\n", section, 1), ""))
	return o
}

// impatient makes a client that does not wait long, for a peer of the same house.
func (o *accountFolder) impatient(c *cybersource.Options) {
	impatientBy(func() time.Time { return o.clock() })(c)
}

// impatientBy does so by a clock.
func impatientBy(now func() time.Time) func(*cybersource.Options) {
	return func(c *cybersource.Options) {
		c.Now = now
		c.FirstDelay, c.MaxDelay, c.PerSecond, c.Silence, c.Attempts = time.Millisecond, 2*time.Millisecond, 10_000, 2*time.Second, 4
	}
}

func (o *accountFolder) grid(change ...func(*gridVerb)) *gridVerb {
	v := &gridVerb{
		config: filepath.Join(o.dir, "tieout.yaml"), from: "2026-09-28", to: "2026-09-30", output: "json", now: func() time.Time { return o.clock() },
		change: []func(*cybersource.Options){o.impatient}, sleep: func(context.Context, time.Duration) error { return errors.New("nobody waits") },
	}
	for _, c := range change {
		c(v)
	}
	return v
}

// fetch runs the verb and returns the grid.
func (o *accountFolder) fetch(wantCode int, change ...func(*gridVerb)) gridReport {
	o.t.Helper()
	var stdout, stderr bytes.Buffer
	err := failed(o.grid(change...).fetch(o.t.Context(), &stdout, &stderr))
	return o.judge(wantCode, err, &stdout, &stderr)
}

func (o *accountFolder) status(wantCode int, change ...func(*gridVerb)) gridReport {
	o.t.Helper()
	var stdout bytes.Buffer
	err := failed((&statusVerb{gridVerb: *o.grid(change...)}).run(o.t.Context(), &stdout))
	return o.judge(wantCode, err, &stdout, &bytes.Buffer{})
}

func (o *accountFolder) judge(wantCode int, err error, stdout, stderr *bytes.Buffer) (r gridReport) {
	o.t.Helper()
	if code := codeOf(o.t, err); code != wantCode {
		o.t.Fatalf("exit code %d, want %d: %v\n%s", code, wantCode, err, stderr.String())
	}
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		o.t.Fatalf("%v: %s", err, stdout.String())
	}
	return r
}

func codeOf(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return exitDone
	}
	return exitCode(t.Context(), err)
}

// night runs `tieout run` on the account.
func (o *accountFolder) night(wantCode int, from, to string) []runReport {
	o.t.Helper()
	var stdout, stderr bytes.Buffer
	v := &runVerb{config: filepath.Join(o.dir, "tieout.yaml"), from: from, to: to, asOf: "2026-10-05", output: "json", change: []func(*cybersource.Options){o.impatient}}
	err := failed(v.run(o.t.Context(), &stdout, &stderr))
	if code := codeOf(o.t, err); code != wantCode {
		o.t.Fatalf("exit code %d, want %d: %v\n%s", code, wantCode, err, stderr.String())
	}
	var all []runReport
	for d := json.NewDecoder(&stdout); d.More(); {
		var r runReport
		if err := d.Decode(&r); err != nil {
			o.t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// day is a settlement report of one capture; its batch is at noon UTC-7 of the day.
func dayReportText(schedule cybersource.Schedule, day recon.Date, amount string) string {
	w := schedule.Of(day)
	at := w.Start.Add(w.End.Sub(w.Start) / 2).UTC().Format(time.RFC3339)
	return fmt.Sprintf("acme,%s,PaymentBatchDetail,1.10,%s,,,,,,,\n"+
		"batch_id,merchant_id,batch_date,request_id,merchant_ref_number,TransactionReferenceNumber,payment_type,currency,amount,ics_applications,status,transaction_date\n"+
		"1%010d,acme,%s,70000000000000%08d,SO-%d,R%d,Visa,USD,%s,\"ics_bill,ics_auth\",BATCHED,%s\n", daily, w, day, at, day, day, day, amount, at)
}

// lay puts reports of days onto the shelf.
func (o *accountFolder) lay(schedule cybersource.Schedule, from, to recon.Date) {
	o.t.Helper()
	for d := from; d <= to; d++ {
		if err := o.shelf.Put(daily, schedule.ReportDate(d).String(), sandbox.CSV, []byte(dayReportText(schedule, d, "10.00")), schedule.Zone); err != nil {
			o.t.Fatal(err)
		}
	}
}

func scheduleIn(t *testing.T, name string) cybersource.Schedule {
	t.Helper()
	zone, err := cybersource.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return cybersource.Schedule{Zone: zone}
}

func on(t *testing.T, text string) recon.Date {
	t.Helper()
	d, err := recon.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// verifyArchive proves that everything that was kept is whole.
func (o *accountFolder) verifyArchive() {
	o.t.Helper()
	var stdout bytes.Buffer
	if err := (&archiveVerb{config: filepath.Join(o.dir, "tieout.yaml"), output: "text"}).verify(o.t.Context(), &stdout); err != nil {
		o.t.Errorf("archive: %v\n%s", err, stdout.String())
	}
	left, err := filepath.Glob(filepath.Join(o.dir, "archive", "making-*"))
	if err != nil || len(left) > 0 {
		o.t.Errorf("half a download is left: %v, %v", left, err)
	}
}

// TestEveryPlayOfTheSandbox: while a fault lasts, the grid says what it is and
// nothing half is kept; once it ends, the next run completes without a person.
func TestEveryPlayOfTheSandbox(t *testing.T) {
	in := func(s ...night.CellState) []night.CellState { return s }
	received, late, missing := night.CellReceived, night.CellLate, night.CellMissing
	for _, c := range []struct {
		play string
		want []night.CellState // of the three days
		why  string
		code int
	}{
		{"none", in(received, received, received), "", exitDone},
		{"not-ready,for=1h", in(late, late, late), "PENDING", exitMissing},
		{"no-data", in(night.CellEmpty, night.CellEmpty, night.CellEmpty), "NO_DATA", exitDone},
		{"404-name", in(missing, missing, missing), "has not begun to make it, and it was due at", exitMissing},
		{"401", in(late, late, late), "401", exitMissing},
		{"429,for=1s,times=2", in(received, received, received), "", exitDone},
		{"5xx,times=2", in(received, received, received), "", exitDone},
		{"5xx,status=500", in(late, late, late), "500", exitMissing},
		{"slow-drip,size=100,for=30ms", in(received, received, received), "", exitDone},
		{"slow-drip,size=100,for=1h", in(late, late, late), "no byte came for", exitMissing},
		{"cut-body,times=1", in(received, received, received), "", exitDone},
		{"cut-body", in(late, late, late), "broke off after", exitMissing},
		{"cut-row", in(late, late, late), "cut off in its last row", exitMissing},
		{"wrong-merchant", in(night.CellQuarantined, night.CellQuarantined, night.CellQuarantined), "of merchant somebody_else", exitMissing},
		{"wrong-window", in(night.CellQuarantined, night.CellQuarantined, night.CellQuarantined), "compare zone and start", exitMissing},
		{"restated-file", in(received, received, received), "", exitDone},
		{"duplicate-rows", in(received, received, received), "", exitDone},
		{"huge-report,size=300KB", in(received, received, received), "", exitDone},
	} {
		t.Run(c.play, func(t *testing.T) {
			t.Parallel()
			o := newAccount(t, cybersource.JWT, "America/Los_Angeles", "")
			schedule := scheduleIn(t, "America/Los_Angeles")
			first := on(t, "2026-09-28")
			o.lay(schedule, first, first+2)
			play, err := sandbox.ParsePlay(c.play)
			if err != nil {
				t.Fatal(err)
			}
			o.peer.Play(play)
			grid := o.fetch(c.code, func(v *gridVerb) {
				v.change = append(v.change, func(c *cybersource.Options) { c.Silence = 200 * time.Millisecond })
			})
			for i, cell := range grid.Cells {
				if cell.State != c.want[i] || (i == 0 && !strings.Contains(cell.Why, c.why)) {
					t.Errorf("%s is %s: %s", cell.String(), cell.State, cell.Why)
				}
			}
			o.verifyArchive()
			o.peer.Play(sandbox.Play{Kind: sandbox.None})
			grid = o.fetch(exitDone, func(v *gridVerb) { v.again = true })
			for i, cell := range grid.Cells {
				text := dayReportText(schedule, first+recon.Date(i), "10.00")
				if !cell.HasFile() || o.kept(cell.SHA256) != text {
					t.Errorf("after the fault %s is %s with\n%s", cell.String(), cell.State, o.kept(cell.SHA256))
				}
			}
			o.documents([3]string{fmt.Sprintf("SO-%d", first+1), "2026-09-29", "10.00"})
			if all := o.night(exitDone, "2026-09-29", "2026-09-29"); len(all) != 1 || len(all[0].NotProvided) > 0 {
				t.Errorf("%+v", all)
			}
			o.verifyArchive()
		})
	}
}

func (o *accountFolder) kept(hash string) string {
	o.t.Helper()
	var out bytes.Buffer
	if err := (&archiveVerb{config: filepath.Join(o.dir, "tieout.yaml"), output: "text"}).show(o.t.Context(), hash[:12], &out); err != nil {
		o.t.Fatal(err)
	}
	return out.String()
}

func TestFetchSpeaksEveryScheme(t *testing.T) {
	for _, scheme := range cybersource.Schemes() {
		t.Run(string(scheme), func(t *testing.T) {
			t.Parallel()
			o := newAccount(t, scheme, "GMT", "")
			first := on(t, "2026-09-28")
			o.lay(scheduleIn(t, "GMT"), first, first+2)
			o.fetch(exitDone)
			o.put("key", "d3Jvbmc=")
			o.put("password", "wrong")
			code := exitMissing
			if scheme == cybersource.JWTP12 {
				code = exitUsage // the container does not open
			}
			var stdout, stderr bytes.Buffer
			err := failed(o.grid(func(v *gridVerb) { v.from, v.to = "2026-10-01", "2026-10-01" }).fetch(t.Context(), &stdout, &stderr))
			if codeOf(t, err) != code {
				t.Errorf("with a wrong key: %v", err)
			}
			if text := stdout.String() + stderr.String() + err.Error(); strings.Contains(text, sandboxSecret) || strings.Contains(text, "d3Jvbmc=") {
				t.Errorf("a secret is shown: %s", text)
			}
		})
	}
}

// TestFourteenMonthsInThreeZones: every business day exactly once over both
// clock changes, by daily reports, and by one-time reports where days lack (R9).
func TestFourteenMonthsInThreeZones(t *testing.T) {
	for _, zone := range []string{"America/Los_Angeles", "GMT", "Australia/Sydney"} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			o := newAccount(t, cybersource.HTTPSignature, zone, ", one_time: true")
			schedule := scheduleIn(t, zone)
			from, to := on(t, "2025-08-01"), on(t, "2026-09-30")
			o.lay(schedule, from, to)
			grid := o.fetch(exitDone, func(v *gridVerb) { v.from, v.to = "2025-08-01", "2026-09-30" })
			if want := int(to-from) + 1; len(grid.Cells) != want || len(grid.Days) != want || grid.Lacking != 0 {
				t.Fatalf("%d cells, %d days, %d lacking; %d days were asked for", len(grid.Cells), len(grid.Days), grid.Lacking, want)
			}
			seen, hours := map[string]recon.Date{}, map[float64]int{}
			for i, c := range grid.Cells {
				if c.Day != from+recon.Date(i) || c.State != night.CellReceived {
					t.Fatalf("%s is %s", c.String(), c.State)
				}
				if other, twice := seen[c.SHA256]; twice {
					t.Fatalf("%s and %s have one file", c.Day, other)
				}
				seen[c.SHA256] = c.Day
				if i > 0 && grid.Cells[i-1].To != c.From {
					t.Fatalf("%s begins at %d, the day before ends at %d", c.Day, c.From, grid.Cells[i-1].To)
				}
				hours[time.Duration((c.To-c.From)*1000).Hours()]++
			}
			if changes := hours[23] + hours[25]; zone != "GMT" && changes < 2 || zone == "GMT" && changes != 0 {
				t.Errorf("days by their hours: %v", hours)
			}
		})
	}
}

func TestARunGoesOnWithoutAReportAndSaysSo(t *testing.T) {
	o := newAccount(t, cybersource.JWT, "America/New_York", "")
	schedule := scheduleIn(t, "America/New_York")
	first := on(t, "2026-09-29")
	o.lay(schedule, first, first)
	o.documents([3]string{fmt.Sprintf("SO-%d", first), "2026-09-29", "10.00"})
	all := o.night(exitMissing, "2026-09-29", "2026-09-30")
	if len(all) != 1 || all[0].Rows != 1 || all[0].Outcome == "DONE" || len(all[0].NotProvided) != 1 || !strings.Contains(all[0].NotProvided[0], daily+" of acme for 2026-09-30") {
		t.Fatalf("%+v", all)
	}
	inputs := o.workbookText()
	for _, part := range []string{"NOT PROVIDED", "Not every required report", "MISSING"} {
		if !strings.Contains(inputs, part) {
			t.Errorf("the workbook does not say %q", part)
		}
	}
	grid := o.status(exitMissing, func(v *gridVerb) { v.from, v.to = "2026-09-29", "2026-09-30" })
	if fortnight := o.status(exitMissing, func(v *gridVerb) { v.from, v.to = "", "" }); len(fortnight.Days) != 14 || fortnight.Days[13].Day.String() != "2026-10-04" {
		t.Errorf("without dates: %+v", fortnight.Days)
	}
	if grid.Lacking != 1 || !grid.Days[0].Done || grid.Days[1].Done || !grid.Cells[0].Used {
		t.Errorf("%+v", grid)
	}
	o.lay(schedule, first+1, first+1) // it comes
	o.documents([3]string{fmt.Sprintf("SO-%d", first), "2026-09-29", "10.00"}, [3]string{fmt.Sprintf("SO-%d", first+1), "2026-09-30", "10.00"})
	all = o.night(exitDone, "2026-09-29", "2026-09-30")
	if len(all) != 1 || all[0].Rows != 2 || len(all[0].NotProvided) != 0 {
		t.Errorf("%+v", all)
	}
}

// workbookText is all text of the newest workbook.
func (o *accountFolder) workbookText() string {
	o.t.Helper()
	paths, err := filepath.Glob(filepath.Join(o.dir, "out", "*.xlsx"))
	if err != nil || len(paths) == 0 {
		o.t.Fatalf("no workbook: %v", err)
	}
	return text(o.t, paths[len(paths)-1])
}

func TestARestatedReportIsShownBesideTheFirst(t *testing.T) {
	o := newAccount(t, cybersource.JWT, "America/New_York", "")
	schedule := scheduleIn(t, "America/New_York")
	first := on(t, "2026-09-28")
	o.lay(schedule, first, first+2)
	before := o.fetch(exitDone)
	o.night(exitDone, "2026-09-28", "2026-09-28")
	if err := o.shelf.Put(daily, schedule.ReportDate(first).String(), sandbox.CSV, []byte(dayReportText(schedule, first, "12.00")), schedule.Zone); err != nil {
		t.Fatal(err)
	}
	again := o.fetch(exitDone, func(v *gridVerb) { v.again = true })
	if c := again.Cells[0]; c.State != night.CellRestated || c.Before != before.Cells[0].SHA256 || c.SHA256 == c.Before || again.Cells[1].State != night.CellReceived {
		t.Fatalf("%+v", again.Cells)
	}
	all := o.night(exitDone, "2026-09-29", "2026-09-29") // the next night reads it, and runs the day before again
	if len(all) < 2 || !slices.ContainsFunc(all, func(r runReport) bool { return r.From == "2026-09-28" }) {
		t.Errorf("%+v", all)
	}
	if got := o.balances()["1150-100"]; got != 2200 {
		t.Errorf("clearing holds %d: 12.00 and 10.00 were settled", got)
	}
}

func TestOneTimeReportsStandInForSubscriptionsThatAreMissing(t *testing.T) {
	o := newAccount(t, cybersource.JWT, "America/Los_Angeles", ", one_time: true")
	schedule := scheduleIn(t, "America/Los_Angeles")
	first := on(t, "2026-06-01")
	for d := first; d < first+70; d++ { // what the processor knows, under another name
		if err := o.shelf.Put("PaymentBatchDetailReport_Other", schedule.ReportDate(d).String(), sandbox.CSV, []byte(dayReportText(schedule, d, "10.00")), schedule.Zone); err != nil {
			t.Fatal(err)
		}
	}
	o.clock = time.Now
	real := func(v *gridVerb) {
		v.from, v.to = "2026-06-01", "2026-08-09"
		v.change = append(v.change, func(c *cybersource.Options) {
			c.Sleep = func(ctx context.Context, _ time.Duration) error { time.Sleep(100 * time.Millisecond); return ctx.Err() }
		})
	}
	grid := o.fetch(exitDone, real)
	files := map[string]int{}
	for _, c := range grid.Cells {
		files[c.SHA256]++
	}
	if len(grid.Cells) != 70 || len(files) != 3 || grid.Lacking != 0 {
		t.Errorf("%d cells, files %v, %d lacking", len(grid.Cells), files, grid.Lacking)
	}
	for hash := range files {
		if rows := strings.Count(o.kept(hash), "\n") - 2; rows != files[hash] {
			t.Errorf("%d rows for %d days", rows, files[hash])
		}
	}
}

func TestCardNumbersOfAReportAreNotKept(t *testing.T) {
	o := newAccount(t, cybersource.JWT, "America/New_York", "")
	schedule := scheduleIn(t, "America/New_York")
	first := on(t, "2026-09-28")
	o.lay(schedule, first, first+2)
	const card = "4111111111111111"
	text := strings.Replace(dayReportText(schedule, first, "10.00"), fmt.Sprintf("SO-%d", first), card, 1)
	if err := o.shelf.Put(daily, schedule.ReportDate(first).String(), sandbox.CSV, []byte(text), schedule.Zone); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if err := o.grid().fetch(t.Context(), &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	all := o.night(exitDone, "2026-09-28", "2026-09-28")
	if len(all) != 1 || all[0].Masked != 1 {
		t.Errorf("%+v", all)
	}
	if strings.Contains(stdout.String()+stderr.String(), card) {
		t.Error("the number is shown")
	}
	err := filepath.WalkDir(o.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(card)) {
			t.Errorf("%s has the number", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCheckTellsAllFaultsAtOnce(t *testing.T) {
	o := newAccount(t, cybersource.JWT, "America/Los_Angeles", "}\n    - {name: Missing, definition: TransactionRequestClass, zone: PST")
	o.lay(scheduleIn(t, "America/Los_Angeles"), on(t, "2026-09-28"), on(t, "2026-09-28"))
	o.clock = time.Now
	check := func(change func(*checkVerb)) (string, error) {
		var stdout, stderr bytes.Buffer
		v := &checkVerb{config: filepath.Join(o.dir, "tieout.yaml"), output: "text", now: func() time.Time { return o.clock() }, change: []func(*cybersource.Options){o.impatient}}
		change(v)
		err := failed(v.run(t.Context(), &stdout, &stderr))
		if v.verbose != (stderr.Len() > 0) {
			t.Errorf("verbose %v, and the log has %q", v.verbose, stderr.String())
		}
		return stdout.String(), err
	}
	said, err := check(func(v *checkVerb) { v.verbose = true })
	if codeOf(t, err) != exitFailed || !strings.Contains(said, "FAULT  merchant acme: Missing: no subscription") || !strings.Contains(said, "ok     merchant acme: signed as jwt") || !strings.Contains(said, "ok     merchant acme: clock") {
		t.Errorf("%v\n%s", err, said)
	}
	said, err = check(func(v *checkVerb) { v.create = true })
	if !strings.Contains(said, "Missing: subscribed now") {
		t.Errorf("%v\n%s", err, said)
	}
	if said, err = check(func(*checkVerb) {}); err != nil || !strings.Contains(said, "ok     merchant acme: Missing: subscribed") {
		t.Errorf("%v\n%s", err, said)
	}
	o.put("key", "not base64")
	if said, err = check(func(*checkVerb) {}); codeOf(t, err) != exitUsage || !strings.Contains(said, "reports.merchants.acme: merchant acme: the shared secret is not base64") {
		t.Errorf("%v\n%s", err, said)
	}
	o.put("key", sandboxSecret)
	o.peer.Play(sandbox.Play{Kind: sandbox.Unauthorized})
	if said, err = check(func(*checkVerb) {}); codeOf(t, err) != exitFailed || !strings.Contains(said, "401") {
		t.Errorf("%v\n%s", err, said)
	}
	o.peer.Play(sandbox.Play{Kind: sandbox.ServerError})
	if said, err = check(func(*checkVerb) {}); codeOf(t, err) != exitFailed || !strings.Contains(said, "FAULT  merchant acme: ") {
		t.Errorf("%v\n%s", err, said)
	}
	o.peer.Play(sandbox.Play{Kind: sandbox.None})
}

// TestCanaries plants card numbers in fields of reports, in many disguises, and
// looks for their digits everywhere afterwards (R7). TIEOUT_CANARIES is how often.
func TestCanaries(t *testing.T) {
	runs := 3
	if text := os.Getenv("TIEOUT_CANARIES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		runs = n
	}
	for seed := range runs {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { canary(t, rand.New(rand.NewPCG(7, uint64(seed)))) })
	}
}

// disguises are forms in which people write a card number.
func disguises(card string, r *rand.Rand) string {
	groups := card[:4] + "%s" + card[4:8] + "%s" + card[8:12] + "%s" + card[12:]
	switch r.IntN(6) {
	case 0:
		return card
	case 1:
		return fmt.Sprintf(groups, " ", " ", " ")
	case 2:
		return fmt.Sprintf(groups, "-", "-", "-")
	case 3:
		return "SO" + card + "x"
	case 4:
		return "%B" + card + "^A/B^2912"
	}
	return ";" + card + "=2912101"
}

func canary(t *testing.T, r *rand.Rand) {
	o := newAccount(t, cybersource.JWT, "America/New_York", "")
	schedule := scheduleIn(t, "America/New_York")
	first := on(t, "2026-09-28")
	cards := []string{"4111111111111111", "5555555555554444", "6011000990139424", "3530111333300000"}
	var planted []string
	for d := first; d < first+3; d++ {
		lines := strings.Split(dayReportText(schedule, d, "10.00"), "\n")
		fields := strings.Split(lines[2], ",")
		card := cards[r.IntN(len(cards))]
		planted = append(planted, card)
		fields[r.IntN(len(fields)-1)] = disguises(card, r)
		lines[2] = strings.Join(fields, ",")
		if err := o.shelf.Put(daily, schedule.ReportDate(d).String(), sandbox.CSV, []byte(strings.Join(lines, "\n")), schedule.Zone); err != nil {
			t.Fatal(err)
		}
	}
	var said bytes.Buffer
	if err := failed(o.grid().fetch(t.Context(), &said, &said)); err != nil && codeOf(t, err) != exitMissing { // a number that spoils its file
		t.Fatalf("%v\n%s", err, said.String())
	}
	v := &runVerb{config: filepath.Join(o.dir, "tieout.yaml"), from: "2026-09-28", to: "2026-09-30", asOf: "2026-10-05", output: "text", change: []func(*cybersource.Options){o.impatient}}
	if err := v.run(t.Context(), &said, &said); err != nil {
		said.WriteString(err.Error())
	}
	o.searchFor(planted, said.String())
}

// searchFor looks for the digits in what was said and in every file, unpacked where it is a container.
func (o *accountFolder) searchFor(cards []string, said string) {
	o.t.Helper()
	find := func(where string, data []byte) {
		digits := bytes.Map(func(c rune) rune {
			if c == ' ' || c == '-' || c == '.' || c == 0 {
				return -1
			}
			return c
		}, data)
		for _, card := range cards {
			if bytes.Contains(digits, []byte(card)) {
				o.t.Errorf("%s has a card number", where)
			}
		}
	}
	find("the output", []byte(said))
	err := filepath.WalkDir(o.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasSuffix(path, ".xlsx") {
			find(path, []byte(text(o.t, path)))
		}
		data, err := os.ReadFile(path)
		find(path, data)
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

// TestControlTotalsHoldBackWhatDoesNotAddUp: a batch report of another sum than
// the processor's own is reconciled, shown, and not released (R4).
func TestControlTotalsHoldBackWhatDoesNotAddUp(t *testing.T) {
	t.Parallel()
	o := newAccount(t, cybersource.JWT, "America/New_York", "}\n    - {name: payment-batch-summaries, format: json, zone: America/New_York")
	schedule := scheduleIn(t, "America/New_York")
	first := on(t, "2026-09-28")
	o.lay(schedule, first, first+2)
	o.documents([3]string{fmt.Sprintf("SO-%d", first), "2026-09-28", "10.00"})
	o.fetch(exitDone)
	if all := o.night(exitDone, "2026-09-28", "2026-09-28"); len(all[0].Holds) != 0 || len(o.posted()) == 0 {
		t.Fatalf("what agrees is held: %+v", all)
	}
	posted := len(o.posted())
	o.lay(schedule, first+3, first+3)
	o.peer.Play(sandbox.Play{Kind: sandbox.Restated}) // of the download, not of the sums
	o.documents([3]string{fmt.Sprintf("SO-%d", first+3), "2026-10-01", "10.00"})
	all := o.night(exitDone, "2026-10-01", "2026-10-01")
	if len(all[0].Holds) != 1 || !strings.Contains(all[0].Holds[0], "adds up to 10.01 USD, and the processor's own sum is 10.00 USD") || len(o.posted()) != posted {
		t.Fatalf("%+v, %d entries posted", all, len(o.posted()))
	}
	o.peer.Play(sandbox.Play{Kind: sandbox.None})
	o.fetch(exitDone, func(v *gridVerb) { v.from, v.to, v.again = "2026-10-01", "2026-10-01", true })
	if all = o.night(exitDone, "2026-10-01", "2026-10-01"); len(all[len(all)-1].Holds) != 0 || len(o.posted()) <= posted {
		t.Errorf("%+v, %d entries posted", all, len(o.posted()))
	}
}

// R18: a night that went on without a report tells a later run of the same day
// that it has come, also where it turns out to be empty: the day is done then.
func TestEmptyDayProvenAfterItsNight(t *testing.T) {
	o := newAccount(t, cybersource.JWT, "America/New_York", "")
	if got := o.night(exitMissing, "2026-09-29", "2026-09-29")[0]; got.Outcome != "DONE_WITH_EXCEPTIONS" || len(got.NotProvided) != 1 || len(got.Results) == 0 {
		t.Errorf("%+v: want a night without its report", got)
	}
	if got := o.night(exitMissing, "2026-09-29", "2026-09-29")[0]; got.Outcome != "UNCHANGED" {
		t.Errorf("%+v: want UNCHANGED", got)
	}
	zone := scheduleIn(t, "America/New_York")
	if err := o.shelf.Put(daily, zone.ReportDate(on(t, "2026-09-29")).String(), sandbox.CSV, nil, zone.Zone); err != nil {
		t.Fatal(err)
	}
	if got := o.night(exitDone, "2026-09-29", "2026-09-29")[0]; got.Outcome != "DONE" || len(got.NotProvided) != 0 || len(got.Results) == 0 {
		t.Errorf("%+v: want the day done", got)
	}
	if got := o.night(exitDone, "2026-09-29", "2026-09-29")[0]; got.Outcome != "UNCHANGED" {
		t.Errorf("%+v: want UNCHANGED", got)
	}
}
