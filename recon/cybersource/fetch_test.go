package cybersource_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tieout/recon/cybersource"
)

func order(t *testing.T) cybersource.Order {
	t.Helper()
	return cybersource.Order{
		Definition: "PaymentBatchDetailClass", Name: "tieout_once", Format: cybersource.CSV, Schedule: daily(t).Schedule,
		Days: cybersource.Days{From: day(t, "2026-09-28"), To: day(t, "2026-10-01")}, Fields: []string{"Request.RequestID"},
	}
}

// list is an answer of the report search.
func list(rows ...string) *http.Response {
	if len(rows) == 0 {
		return answer(404, `{"code":"RESOURCE_NOTFOUND"}`)
	}
	return answer(200, `{"reportSearchResults":[`+strings.Join(rows, ",")+`]}`)
}

func row(name, status, from, to string) string {
	return fmt.Sprintf(`{"reportName":%q,"status":%q,"reportStartTime":%q,"reportEndTime":%q,"reportCompletedTime":%q,"reportId":"1","timezone":"America/Los_Angeles"}`, name, status, from, to, to)
}

const (
	opens  = "2026-10-01T00:00:00-07:00"
	closes = "2026-10-02T00:00:00-07:00"
)

func TestA404IsExplainedByTheList(t *testing.T) {
	for _, c := range []struct {
		name       string
		list       *http.Response
		subscribed int
		want       cybersource.State
		why        string
	}{
		{"no data is proven", list(row("Daily", "NO_DATA", opens, closes)), 200, cybersource.Empty, "NO_DATA"},
		{"no data of another report proves nothing", list(row("Other", "NO_DATA", opens, closes)), 200, cybersource.Late, "has not begun"},
		{"a report that is being made is waited for", list(row("Daily", "RUNNING", opens, closes)), 200, cybersource.Late, "RUNNING"},
		{"so is one that waits", list(row("Daily", "PENDING", opens, closes)), 200, cybersource.Late, "PENDING"},
		{"so is one that is made again", list(row("Daily", "RERUN", opens, closes)), 200, cybersource.Late, "RERUN"},
		{"so is one that is finished and not handed out", list(row("Daily", "COMPLETED", opens, closes)), 200, cybersource.Late, "COMPLETED"},
		{"one that could not be made is missing", list(row("Daily", "ERROR", opens, closes)), 200, cybersource.Missing, "ERROR"},
		{"one of another window tells that the schedule is wrong", list(row("Daily", "NO_DATA", "2026-10-01T00:00:00Z", "2026-10-02T00:00:00Z")), 200, cybersource.Missing, "correct zone or start"},
		{"without a row and without a subscription the name is wrong", list(), 404, cybersource.Missing, `no subscription "Daily"`},
		{"without a row but with a subscription it has not begun", list(), 200, cybersource.Late, "has not begun"},
		{"of two rows the one that was made last counts", list(row("Daily", "NO_DATA", opens, closes), strings.Replace(row("Daily", "ERROR", opens, closes), `Time":"`+closes+`","reportId`, `Time":"2026-10-02T01:00:00-07:00","reportId`, 1)), 200, cybersource.Missing, "ERROR"},
	} {
		t.Run(c.name, func(t *testing.T) {
			at(t, func(t *testing.T) {
				client := newClient(t, peer(func(r *http.Request) *http.Response {
					switch {
					case r.URL.Path == "/reporting/v3/reports":
						if q := r.URL.Query(); q.Get("startTime") != "2026-10-01T07:00:00.000Z" || q.Get("endTime") != "2026-10-02T07:00:00.000Z" || q.Get("timeQueryType") != "reportTimeFrame" {
							t.Errorf("asked %s", r.URL.RawQuery)
						}
						return c.list
					case strings.HasPrefix(r.URL.Path, "/reporting/v3/report-subscriptions/"):
						return answer(c.subscribed, "{}")
					}
					if date := r.URL.Query().Get("reportDate"); date != "2026-10-02" {
						t.Errorf("report date %s: it is that of the window's end", date)
					}
					return answer(404, "")
				}))
				f, err := client.Day(t.Context(), daily(t), day(t, "2026-10-01"), new(shelf).keep)
				if err != nil || f.State != c.want || !strings.Contains(f.Why, c.why) {
					t.Errorf("%+v, %v", f, err)
				}
			})
		})
	}
}

func TestADayThatIsNotOverIsNotAskedFor(t *testing.T) {
	at(t, func(t *testing.T) {
		client := newClient(t, peer(func(*http.Request) *http.Response { t.Error("asked"); return nil }))
		f, err := client.Day(t.Context(), daily(t), day(t, "2026-10-02"), new(shelf).keep)
		if err != nil || f.State != cybersource.Late || !strings.Contains(f.Why, "2026-10-03T07:00:00Z") {
			t.Errorf("%+v, %v", f, err)
		}
	})
}

func TestAReportOfSomebodyElseIsQuarantined(t *testing.T) {
	for _, c := range []struct {
		name, body string
		format     cybersource.Format
		want       cybersource.State
		why        string
	}{
		{"the right one", fine, cybersource.CSV, cybersource.Received, ""},
		{"the merchant's name in another case", strings.Replace(fine, "acme_web", "ACME_WEB", 1), cybersource.CSV, cybersource.Received, ""},
		{"without a first line nothing can be said", "batch_id,request_id\n1,2\n", cybersource.CSV, cybersource.Received, ""},
		{"of another merchant", strings.Replace(fine, "acme_web", "other", 1), cybersource.CSV, cybersource.Quarantined, "of merchant other"},
		{"of another day", strings.ReplaceAll(fine, "2026-10-0", "2026-09-0"), cybersource.CSV, cybersource.Quarantined, "compare zone and start"},
		{"of a day by Greenwich", strings.ReplaceAll(fine, "T07:", "T00:"), cybersource.CSV, cybersource.Quarantined, "2026-10-01T00:00:00Z to 2026-10-02T00:00:00Z where 2026-10-01T07:00:00Z"},
		{"in XML", `<?xml version="1.0"?><!DOCTYPE Report SYSTEM "https://x/cdr"><Report Name="Conversion Detail Report" MerchantID="acme_web" ReportStartDate="2026-10-01T07:00:00Z+00:00" ReportEndDate="2026-10-02T07:00:00Z+00:00"></Report>` + "\n", cybersource.XML, cybersource.Received, ""},
		{"in XML, of another merchant", `<Report Name="Conversion Detail Report" MerchantID="other"/>`, cybersource.XML, cybersource.Quarantined, "of merchant other"},
	} {
		t.Run(c.name, func(t *testing.T) {
			at(t, func(t *testing.T) {
				var kept shelf
				d := daily(t)
				d.Format = c.format
				client := newClient(t, peer(func(r *http.Request) *http.Response {
					if got := r.Header.Get("Accept"); got != c.format.Mime() {
						t.Errorf("accepts %s", got)
					}
					return answer(200, c.body)
				}))
				f, err := client.Day(t.Context(), d, day(t, "2026-10-01"), kept.keep)
				if err != nil || f.State != c.want || !strings.Contains(f.Why, c.why) || kept.text != c.body {
					t.Errorf("%+v, %v", f, err)
				}
			})
		})
	}
}

func TestXMLThatIsCutOffIsNotKept(t *testing.T) {
	whole := `<Report Name="Payment Batch Detail Report"><Batches><Batch BatchID="1"></Batch></Batches></Report>`
	at(t, func(t *testing.T) {
		cut := 0
		client := newClient(t, peer(func(*http.Request) *http.Response { return answer(200, whole[:cut]) }), func(o *cybersource.Options) { o.Attempts, o.OpenFor = 1, time.Nanosecond })
		d := daily(t)
		d.Format = cybersource.XML
		for cut = range len(whole) + 1 {
			var kept shelf
			_, err := client.Day(t.Context(), d, day(t, "2026-10-01"), kept.keep)
			if is := cut == len(whole); is != (err == nil) || is != (kept.text != "") {
				t.Fatalf("cut after %d: %v, kept %q", cut, err, kept.text)
			}
			time.Sleep(time.Minute)
		}
	})
}

// once is a processor that makes one-time reports, each in a quarter of an hour.
type once struct {
	mu      sync.Mutex
	ready   map[string]time.Time
	windows map[string][2]string
	most    int
	orders  int
}

func (o *once) answer(t *testing.T, r *http.Request) *http.Response {
	o.mu.Lock()
	defer o.mu.Unlock()
	name := r.URL.Query().Get("reportName")
	switch {
	case r.Method == http.MethodPost:
		var form map[string]any
		if err := json.NewDecoder(r.Body).Decode(&form); err != nil {
			t.Error(err)
		}
		name, _ = form["reportName"].(string)
		o.orders++
		o.ready[name] = time.Now().Add(15 * time.Minute)
		o.windows[name] = [2]string{form["reportStartTime"].(string), form["reportEndTime"].(string)}
		running := 0
		for _, at := range o.ready {
			if time.Now().Before(at) {
				running++
			}
		}
		o.most = max(o.most, running)
		return answer(201, "")
	case r.URL.Path == "/reporting/v3/reports":
		at, ok := o.ready[name]
		switch {
		case !ok:
			return list()
		case time.Now().Before(at):
			return list(row(name, "RUNNING", o.windows[name][0], o.windows[name][1]))
		}
		link := `"_link":{"reportDownload":{"href":"/reporting/v3/report-downloads?reportDate=2026-10-02&reportName=` + name + `&reportTime=10:00:00+05:00"}},`
		return list(strings.Replace(row(name, "COMPLETED", o.windows[name][0], o.windows[name][1]), "{", "{"+link, 1))
	}
	if got := r.URL.Query().Get("reportTime"); got != "10:00:00+05:00" {
		t.Errorf("the link was not followed: %s", r.URL.RawQuery)
	}
	return answer(200, strings.Replace(strings.Replace(fine, "2026-10-01", "2026-09-28", 1), "Daily", name, 1))
}

func TestAtMostThreeOneTimeReportsAreMadeAtOnce(t *testing.T) {
	at(t, func(t *testing.T) {
		o := &once{ready: map[string]time.Time{}, windows: map[string][2]string{}}
		client := newClient(t, peer(func(r *http.Request) *http.Response { return o.answer(t, r) }))
		var all sync.WaitGroup
		for i := range 7 {
			all.Go(func() {
				ord := order(t)
				ord.Name = fmt.Sprintf("once%d", i)
				var kept shelf
				f, err := client.OneTime(t.Context(), ord, cybersource.Plan{Until: time.Now().Add(5 * time.Hour)}, kept.keep)
				if err != nil || f.State != cybersource.Received || !strings.Contains(kept.text, ord.Name) {
					t.Errorf("%+v, %v", f, err)
				}
			})
		}
		all.Wait()
		if o.most != 3 || o.orders != 7 {
			t.Errorf("%d at once, %d orders", o.most, o.orders)
		}
		if w := o.windows["once0"]; w != [2]string{"2026-09-28T00:00:00-07:00", "2026-10-02T00:00:00-07:00"} {
			t.Errorf("ordered %v", w)
		}
		if _, err := client.OneTime(t.Context(), order(t), cybersource.Plan{}, new(shelf).keep); err != nil || o.orders != 8 {
			t.Error(err)
		}
		again := order(t)
		again.Name = "once3" // from an attempt that was cut short
		if f, err := client.OneTime(t.Context(), again, cybersource.Plan{}, new(shelf).keep); err != nil || f.State != cybersource.Received || o.orders != 8 {
			t.Errorf("%+v, %v, %d orders", f, err, o.orders)
		}
		long := order(t)
		long.Days.To = long.Days.From + 31
		if _, err := client.OneTime(t.Context(), long, cybersource.Plan{}, new(shelf).keep); err == nil {
			t.Error("32 days were ordered")
		}
	})
}

func TestPagesAreOneReport(t *testing.T) {
	at(t, func(t *testing.T) {
		total := 4500
		client := newClient(t, peer(func(r *http.Request) *http.Response {
			var offset, limit int
			fmt.Sscan(r.URL.Query().Get("offset"), &offset)
			fmt.Sscan(r.URL.Query().Get("limit"), &limit)
			var ids, amounts []string
			for i := offset; i < min(offset+limit, total); i++ {
				ids = append(ids, fmt.Sprintf(`{"requestId":"%022d"}`, i))
				amounts = append(amounts, fmt.Sprintf(`{"requestId":"%022d","amount":"1.10"}`, i))
			}
			return answer(200, fmt.Sprintf(`{"offset":%d,"limit":%d,"pageResults":%d,"requestDetails":[%s],"settlements":[%s],"others":[]}`,
				offset, limit, len(ids), strings.Join(ids, ","), strings.Join(amounts, ",")))
		}))
		var kept shelf
		f, err := client.Day(t.Context(), cybersource.Daily{Name: "purchase-refund-details", Format: cybersource.JSON, Schedule: daily(t).Schedule}, day(t, "2026-10-01"), kept.keep)
		if err != nil || f.State != cybersource.Received {
			t.Fatalf("%+v, %v", f, err)
		}
		var whole struct {
			RequestDetails, Settlements []struct{ RequestID, Amount string }
			Others                      []any
		}
		if err := json.Unmarshal([]byte(kept.text), &whole); err != nil {
			t.Fatal(err)
		}
		if len(whole.RequestDetails) != total || len(whole.Settlements) != total || whole.Settlements[total-1].Amount != "1.10" || whole.Others == nil {
			t.Errorf("%d requests, %d settlements", len(whole.RequestDetails), len(whole.Settlements))
		}
		for i, r := range whole.RequestDetails {
			if r.RequestID != fmt.Sprintf("%022d", i) {
				t.Fatalf("row %d is %s", i, r.RequestID)
			}
		}
	})
}

func TestReportsOnDemand(t *testing.T) {
	for _, c := range []struct {
		name, report string
		peer         *http.Response
		want         cybersource.State
		fault        string
	}{
		{"an answer is kept as it came", "net-fundings", answer(200, `{"netTotal": [{"value":"1.00"}]}`), cybersource.Received, ""},
		{"a 404 is no proof that there is nothing", "chargeback-details", answer(404, ""), cybersource.Missing, ""},
		{"half an answer is none", "net-fundings", answer(200, `{"netTotal": [{"va`), "", "not the JSON"},
		{"an unknown one is refused", "../reports", answer(200, "{}"), "", "one of"},
	} {
		t.Run(c.name, func(t *testing.T) {
			at(t, func(t *testing.T) {
				client := newClient(t, peer(func(*http.Request) *http.Response { return c.peer }), func(o *cybersource.Options) { o.Attempts = 1 })
				var kept shelf
				f, err := client.Day(t.Context(), cybersource.Daily{Name: c.report, Format: cybersource.JSON, Schedule: daily(t).Schedule}, day(t, "2026-10-01"), kept.keep)
				if f.State != c.want || (err != nil) != (c.fault != "") || err != nil && !strings.Contains(err.Error(), c.fault) {
					t.Errorf("%+v, %v", f, err)
				}
				if kept.begun != "" && c.want != cybersource.Received {
					t.Errorf("kept %q", kept.begun)
				}
			})
		})
	}
}

func TestSubscriptions(t *testing.T) {
	at(t, func(t *testing.T) {
		var sent string
		client := newClient(t, peer(func(r *http.Request) *http.Response {
			if r.Method == http.MethodPut {
				data, _ := io.ReadAll(r.Body)
				sent = string(data)
				return answer(304, "")
			}
			return answer(200, `{"subscriptions":[{"reportName":"b","reportDefinitionName":"C","startTime":"0000"},{"reportName":"a"}]}`)
		}))
		all, err := client.Subscriptions(t.Context())
		if err != nil || len(all) != 2 || all[0].Name != "a" || all[1].Definition != "C" {
			t.Errorf("%+v, %v", all, err)
		}
		err = client.Subscribe(t.Context(), cybersource.Subscription{Name: "a", Fields: []string{"Request.RequestID"}, Preference: cybersource.Preferences{Signed: true}})
		if err != nil || !strings.Contains(sent, `"organizationId":"acme_web","reportName":"a"`) || !strings.Contains(sent, `"signedAmounts":true`) {
			t.Errorf("%v, sent %s", err, sent)
		}
	})
}

func TestPingMeasuresTheClocks(t *testing.T) {
	at(t, func(t *testing.T) {
		client := newClient(t, peer(func(*http.Request) *http.Response { return answer(200, "{}", "Date", "Fri, 02 Oct 2026 13:55:00 GMT") }))
		a, err := client.Ping(t.Context())
		if err != nil || a.Skew() != 5*time.Minute || client.Merchant() != merchant {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

func TestAReportByItsID(t *testing.T) {
	at(t, func(t *testing.T) {
		client := newClient(t, peer(func(r *http.Request) *http.Response {
			if r.URL.EscapedPath() != "/reporting/v3/reports/a%2Fb" {
				t.Errorf("asked %s", r.URL.EscapedPath())
			}
			return answer(200, strings.Replace(row("Daily", "RERUN", opens, closes), `"status"`, `"reportStatus"`, 1))
		}))
		l, err := client.Report(t.Context(), "a/b")
		if err != nil || l.Status != cybersource.Rerun || !l.Window.Equal(daily(t).Schedule.Of(day(t, "2026-10-01"))) {
			t.Errorf("%+v, %v", l, err)
		}
	})
}

func TestEnvironments(t *testing.T) {
	for _, name := range []string{"test", "production", "production-india"} {
		base, ok := cybersource.Address(name)
		if _, err := cybersource.NewHost(base, cybersource.Options{}); err != nil || !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, ok := cybersource.Address("staging"); ok {
		t.Error("an environment that is none has an address")
	}
}
