package cybersource_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tieout/recon"
	"tieout/recon/cybersource"
	"tieout/recon/secret"
)

// peer is the processor as a function.
type peer func(r *http.Request) *http.Response

func (p peer) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, context.Cause(r.Context())
	}
	resp := p(r)
	if resp == nil {
		return nil, io.ErrUnexpectedEOF
	}
	return resp, nil
}

func answer(status int, body string, headers ...string) *http.Response {
	h := http.Header{"V-C-Correlation-Id": {"abc"}}
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

const (
	merchant = "acme_web"
	fine     = "acme_web,Daily,PaymentBatchDetail,1.10,2026-10-01T07:00:00Z to 2026-10-02T07:00:00Z,,,,,,,\nbatch_id,request_id\n1,2\n"
)

func newClient(t *testing.T, transport http.RoundTripper, change ...func(*cybersource.Options)) *cybersource.Client {
	t.Helper()
	o := cybersource.Options{Source: cybersource.Source{Now: time.Now, Random: numbered(1)}, Transport: transport}
	for _, c := range change {
		c(&o)
	}
	h, err := cybersource.NewHost("https://processor.test", o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := h.NewClient(cybersource.Credentials{Merchant: merchant, Scheme: cybersource.JWT, KeyID: "key", Secret: secret.New("AAAA")})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func daily(t *testing.T) cybersource.Daily {
	t.Helper()
	return cybersource.Daily{Name: "Daily", Format: cybersource.CSV, Schedule: cybersource.Schedule{Zone: zone(t, "America/Los_Angeles")}}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := cybersource.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func day(t *testing.T, text string) recon.Date {
	t.Helper()
	d, err := recon.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// shelf is an archive of one file: what was kept as a whole last.
type shelf struct{ text, begun string }

func (s *shelf) keep(in io.Reader) error {
	data, err := io.ReadAll(in)
	s.begun += string(data) + "|"
	if err != nil {
		return err
	}
	s.text = string(data)
	return nil
}

// at runs a test in a bubble of time that begins after the report of 2026-10-01 is due.
func at(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 10, 2, 14, 0, 0, 0, time.UTC)))
		test(t)
	})
}

func TestAGetIsSentAgainWhenThePeerIsBusy(t *testing.T) {
	for _, c := range []struct {
		name     string
		fault    *http.Response
		attempts int
		atLeast  time.Duration
	}{
		{"too many requests, with the wait it asks for", answer(429, "", "Retry-After", "90"), 2, 90 * time.Second},
		{"too many requests, until a time", answer(429, "", "Retry-After", "Fri, 02 Oct 2026 14:02:00 GMT"), 2, 2 * time.Minute},
		{"too many requests for longer than anybody waits", answer(429, "", "Retry-After", "86400"), 2, 10 * time.Minute},
		{"server error", answer(500, ""), 2, 0},
		{"unavailable", answer(503, ""), 2, 0},
		{"gateway time-out", answer(504, ""), 2, 0},
		{"no answer at all", nil, 2, 0},
		{"an error page in place of a report", answer(200, "<html><body>busy</body></html>"), 2, 0},
		{"an error in JSON in place of a report", answer(200, `{"code":"SERVER_ERROR"}`), 2, 0},
		{"nothing in place of a report", answer(200, ""), 2, 0},
		{"a report cut off in its last row", answer(200, strings.TrimSuffix(fine, "2\n")), 2, 0},
		{"a body that is not what its hash says", answer(200, fine, "Digest", "SHA-256="+hashOf("other")), 2, 0},
		{"a body in an encoding that was not asked for", answer(200, fine, "Content-Encoding", "gzip"), 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			at(t, func(t *testing.T) {
				n := 0
				client := newClient(t, peer(func(*http.Request) *http.Response {
					if n++; n == 1 {
						return c.fault
					}
					return answer(200, fine, "Digest", "SHA-256="+hashOf(fine))
				}))
				var kept shelf
				started := time.Now()
				f, err := client.Day(t.Context(), daily(t), day(t, "2026-10-01"), kept.keep)
				if err != nil || f.State != cybersource.Received || kept.text != fine || n != c.attempts || f.Correlation != "abc" {
					t.Errorf("%v, %v, %d attempts, kept %q", f, err, n, kept.text)
				}
				if took := time.Since(started); took < c.atLeast || took > c.atLeast+5*time.Second {
					t.Errorf("took %s, want about %s", took, c.atLeast)
				}
			})
		})
	}
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func TestARefusalIsFinal(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		says   []string
	}{
		{401, `{"response":{"rmsg":"Authentication Failed"}}`, []string{"401 Authentication Failed", "check merchant id, key id and secret, and the clock", "correlation id abc"}},
		{
			400, `{"submitTimeUtc":"2016-08-11T22:47:57Z","reason":"INVALID_DATA","message":"One or more fields contains invalid data","details":[{"field":"reportDate","reason":"bad"}]}`,
			[]string{"400 INVALID_DATA One or more fields contains invalid data; reportDate: bad"},
		},
		{403, `<errorBean><code>FORBIDDEN</code><detail>no access</detail><message>Forbidden</message></errorBean>`, []string{"403 FORBIDDEN Forbidden; no access", "lacks the permission"}},
		{
			400, `{"code":"VALIDATION_ERROR","correlationId":null,"detail":"d","fields":[{"path":"startTime","message":"too old 4111111111111111"}]}`,
			[]string{"400 VALIDATION_ERROR d; startTime: too old ************1111"},
		},
		{501, "not\x00\nJSON", []string{"the processor answered 501"}},
		{302, "", []string{"the processor answered 302"}},
	} {
		t.Run(fmt.Sprint(c.status), func(t *testing.T) {
			at(t, func(t *testing.T) {
				n := 0
				client := newClient(t, peer(func(*http.Request) *http.Response { n++; return answer(c.status, c.body) }))
				_, err := client.Day(t.Context(), daily(t), day(t, "2026-10-01"), new(shelf).keep)
				if err == nil || n != 1 {
					t.Fatalf("%v after %d attempts", err, n)
				}
				for _, part := range append(c.says, "GET /reporting/v3/report-downloads for acme_web") {
					if !strings.Contains(err.Error(), part) {
						t.Errorf("%q does not say %q", err, part)
					}
				}
			})
		})
	}
}

func TestWhatMustNotBeSentTwiceIsNot(t *testing.T) {
	at(t, func(t *testing.T) {
		posts := 0
		client := newClient(t, peer(func(r *http.Request) *http.Response {
			if r.Method == http.MethodPost {
				posts++
				return answer(503, "")
			}
			return answer(404, "")
		}))
		_, err := client.OneTime(t.Context(), order(t), cybersource.Plan{}, new(shelf).keep)
		if err == nil || posts != 1 {
			t.Errorf("%v after %d posts", err, posts)
		}
	})
}

func TestTheBreakerOpensOnFailuresOnly(t *testing.T) {
	at(t, func(t *testing.T) {
		status, n := 404, 0
		client := newClient(t, peer(func(*http.Request) *http.Response { n++; return answer(status, "") }), func(o *cybersource.Options) { o.PerSecond = 1000 })
		for range 20 { // a refusal never opens it
			if _, err := client.Subscriptions(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		status, n = 503, 0
		if _, err := client.Subscriptions(t.Context()); err == nil || n != 5 {
			t.Fatalf("%v after %d attempts", err, n)
		}
		if _, err := client.Subscriptions(t.Context()); !errors.Is(err, cybersource.ErrOpen) || n != 5 {
			t.Fatalf("the breaker let the %dth attempt through: %v", n, err)
		}
		time.Sleep(31 * time.Second)
		status = 404
		if _, err := client.Subscriptions(t.Context()); err != nil || n != 6 {
			t.Errorf("after the pause: %v, %d attempts", err, n)
		}
	})
}

func TestTheRateIsKept(t *testing.T) {
	at(t, func(t *testing.T) {
		client := newClient(t, peer(func(*http.Request) *http.Response { return answer(404, "") }), func(o *cybersource.Options) { o.PerSecond = 2 })
		started := time.Now()
		for range 11 {
			if _, err := client.Subscriptions(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(started); took < 5*time.Second || took > 6*time.Second {
			t.Errorf("11 requests at 2 a second took %s", took)
		}
	})
}

// drip gives its bytes one at a time, with a wait before each.
type drip struct {
	left string
	wait time.Duration
	ctx  context.Context
}

func (d *drip) Read(p []byte) (int, error) {
	if d.left == "" {
		return 0, io.EOF
	}
	select {
	case <-time.After(d.wait):
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
	p[0], d.left = d.left[0], d.left[1:]
	return 1, nil
}

func TestAPeerThatFallsSilentIsLeft(t *testing.T) {
	for _, c := range []struct {
		name  string
		wait  time.Duration
		fault string
	}{
		{"a slow one is waited for", 50 * time.Second, ""},
		{"a silent one is not", 70 * time.Second, "no byte came for 1m0s"},
		{"nor one that would take all day", 59 * time.Second, "no whole answer within 1h0m0s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			at(t, func(t *testing.T) {
				client := newClient(t, peer(func(r *http.Request) *http.Response {
					resp := answer(200, "")
					resp.Body = io.NopCloser(&drip{left: fine, wait: c.wait, ctx: r.Context()})
					return resp
				}), func(o *cybersource.Options) {
					o.Attempts = 2
					if c.wait == 59*time.Second {
						o.Whole = time.Hour
					}
				})
				var kept shelf
				_, err := client.Day(t.Context(), daily(t), day(t, "2026-10-01"), kept.keep)
				switch {
				case c.fault == "" && (err != nil || kept.text != fine):
					t.Errorf("%v, kept %q", err, kept.text)
				case c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault) || kept.text != ""):
					t.Errorf("%v, kept %q, want %q", err, kept.text, c.fault)
				}
			})
		})
	}
}

func TestACallerWhoLeavesIsObeyedAtOnce(t *testing.T) {
	at(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		client := newClient(t, peer(func(*http.Request) *http.Response { n++; cancel(); return answer(503, "") }))
		_, err := client.Day(ctx, daily(t), day(t, "2026-10-01"), new(shelf).keep)
		if !errors.Is(err, context.Canceled) || n != 1 {
			t.Errorf("%v after %d attempts", err, n)
		}
	})
}

func TestAFullDiskIsNotThePeersFault(t *testing.T) {
	at(t, func(t *testing.T) {
		n := 0
		client := newClient(t, peer(func(*http.Request) *http.Response { n++; return answer(200, fine) }))
		full := errors.New("no space left on device")
		_, err := client.Day(t.Context(), daily(t), day(t, "2026-10-01"), func(io.Reader) error { return full })
		if !errors.Is(err, full) || n != 1 {
			t.Errorf("%v after %d attempts", err, n)
		}
	})
}

// TestNothingHalfIsKept cuts a body after every byte, with its length declared.
func TestNothingHalfIsKept(t *testing.T) {
	cut := 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(fine)))
		_, _ = io.WriteString(w, fine[:cut])
		if cut < len(fine) {
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	defer server.Close()
	h, err := cybersource.NewHost(server.URL, cybersource.Options{
		Source: cybersource.Source{Now: time.Now, Random: numbered(1)}, Transport: server.Client().Transport, Attempts: 1, PerSecond: 100_000, OpenFor: time.Nanosecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	client, err := h.NewClient(cybersource.Credentials{Merchant: merchant, Scheme: cybersource.HTTPSignature, KeyID: "key", Secret: secret.New("AAAA")})
	if err != nil {
		t.Fatal(err)
	}
	for cut = range len(fine) + 1 {
		var kept shelf
		_, err := client.Day(t.Context(), daily(t), day(t, "2025-10-01"), kept.keep)
		if whole := cut == len(fine); whole != (err == nil) || whole != (kept.text == fine) {
			t.Fatalf("cut after %d bytes: %v, kept %q", cut, err, kept.text)
		}
	}
}

func TestEveryAnswerIsLoggedWithItsCorrelationID(t *testing.T) {
	at(t, func(t *testing.T) {
		var log bytes.Buffer
		n := 0
		client := newClient(t, peer(func(*http.Request) *http.Response {
			n++
			return answer([]int{503, 200}[n-1], fine, "V-C-Correlation-Id", fmt.Sprintf("id-%d", n))
		}), func(o *cybersource.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		if _, err := client.Day(t.Context(), daily(t), day(t, "2026-10-01"), new(shelf).keep); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"correlation=id-1", "status=503", "attempt=1", "correlation=id-2", "status=200", "attempt=2", "merchant=acme_web"} {
			if !strings.Contains(log.String(), part) {
				t.Errorf("the log lacks %s:\n%s", part, log.String())
			}
		}
		if strings.Contains(log.String(), "Bearer") || strings.Contains(log.String(), "AAAA") {
			t.Errorf("the log shows a secret:\n%s", log.String())
		}
	})
}

func TestOnlyHTTPSAddressesAreTaken(t *testing.T) {
	for _, bad := range []string{"", "http://processor.test", "processor.test", "https://", "https://u:p@processor.test", "https://processor.test/path", "https://processor.test?x=1"} {
		if _, err := cybersource.NewHost(bad, cybersource.Options{}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
