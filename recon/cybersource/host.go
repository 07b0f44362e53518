package cybersource

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/ratelimiter"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"github.com/failsafe-go/failsafe-go/timeout"

	"tieout/ledger/drop/durable/failpoint"
)

// Address is the base URL of an environment of the processor.
func Address(environment string) (base string, ok bool) {
	switch environment {
	case "test":
		return "https://apitest.cybersource.com", true
	case "production":
		return "https://api.cybersource.com", true
	case "production-india":
		return "https://api.in.cybersource.com", true
	}
	return "", false
}

// Options are how a host is treated. The zero of everything but Source is a good choice.
type Options struct {
	Source
	Transport  http.RoundTripper                                // nil: [Transport] with the system's certificates
	Log        *slog.Logger                                     // nil: none
	Sleep      func(ctx context.Context, d time.Duration) error // between two looks at a report that is not ready; nil: the wall clock
	Attempts   int                                              // of one GET; 0: 5
	FirstDelay time.Duration                                    // before the second attempt, doubled from there; 0: a second
	MaxDelay   time.Duration                                    // 0: a minute
	PerSecond  uint                                             // requests; 0: 5
	Silence    time.Duration                                    // longest wait for the next byte; 0: a minute
	Whole      time.Duration                                    // longest attempt, body included; 0: six hours
	OpenFor    time.Duration                                    // how long the breaker stays open; 0: thirty seconds
}

// breakAfter is how many failures in a row open the breaker (R11).
const breakAfter = 5

// maxRetryAfter is the longest wait that a peer may ask for.
const maxRetryAfter = 10 * time.Minute

// Host is one address of the processor. All clients of the address share its
// breaker and its rate.
type Host struct {
	base    *url.URL
	o       Options
	log     *slog.Logger
	get     failsafe.Executor[*Answer] // retry, breaker, rate, time-out
	once    failsafe.Executor[*Answer] // the same without retry, for what must not be sent twice
	breaker circuitbreaker.CircuitBreaker[*Answer]
	ahead   atomic.Int64 // nanoseconds, by the last answer that said
}

// Ahead is how far our clock was ahead of the processor's by its last answer that said
// so, a refusal too; 0 if none did.
func (h *Host) Ahead() time.Duration { return time.Duration(h.ahead.Load()) }

// NewHost checks an address and makes its chain.
func NewHost(base string, o Options) (*Host, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("address %q: https://host or https://host:port is needed", base)
	}
	h := &Host{base: u, o: o.filled(), log: cmp.Or(o.Log, slog.New(slog.DiscardHandler))}
	h.breaker = circuitbreaker.NewBuilder[*Answer]().HandleIf(func(_ *Answer, err error) bool { return ailing(err) }).
		WithFailureThreshold(breakAfter).WithSuccessThreshold(1).WithDelay(h.o.OpenFor).OnStateChanged(h.changed).Build()
	rate := ratelimiter.NewSmoothBuilder[*Answer](h.o.PerSecond, time.Second).WithMaxWaitTime(time.Hour).Build()
	limit := timeout.New[*Answer](h.o.Whole)
	retry := retrypolicy.NewBuilder[*Answer]().HandleIf(func(_ *Answer, err error) bool { return passing(err) }).
		WithMaxAttempts(h.o.Attempts).WithDelayFunc(h.o.delay).ReturnLastFailure().Build()
	h.get = failsafe.With[*Answer](retry, h.breaker, rate, limit)
	h.once = failsafe.With[*Answer](h.breaker, rate, limit)
	return h, nil
}

func (o Options) filled() Options {
	if o.Transport == nil {
		o.Transport = Transport(nil)
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	o.Attempts, o.PerSecond = cmp.Or(o.Attempts, 5), cmp.Or(o.PerSecond, 5)
	o.FirstDelay, o.MaxDelay = cmp.Or(o.FirstDelay, time.Second), cmp.Or(o.MaxDelay, time.Minute)
	o.Silence, o.Whole, o.OpenFor = cmp.Or(o.Silence, time.Minute), cmp.Or(o.Whole, 6*time.Hour), cmp.Or(o.OpenFor, 30*time.Second)
	return o
}

// Transport is a plain HTTP/1.1 transport over TLS 1.2 or newer. Bodies come as
// they are, so that their declared length can be checked. roots nil: the system's.
func Transport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{},
		TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: 90 * time.Second, MaxIdleConnsPerHost: 4,
		MaxResponseHeaderBytes: 64 << 10, DisableCompression: true,
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

func (h *Host) changed(e circuitbreaker.StateChangedEvent) {
	h.log.Warn("circuit breaker", "host", h.base.Host, "from", e.OldState.String(), "to", e.NewState.String())
}

// delay is the wait before the next attempt: what the answer asks for, and never
// less, or a wait that doubles with every attempt; a fifth at random keeps
// clients that failed together from coming back together.
func (o Options) delay(exec failsafe.ExecutionAttempt[*Answer]) time.Duration {
	wait := o.FirstDelay
	for n := 1; n < exec.Attempts() && wait < o.MaxDelay; n++ {
		wait *= 2
	}
	wait = min(wait, o.MaxDelay)
	var refused *Refusal
	if errors.As(exec.LastError(), &refused) && refused.RetryAfter > 0 {
		wait = min(refused.RetryAfter, maxRetryAfter)
	}
	var b [1]byte
	_, _ = io.ReadFull(o.Random, b[:]) // without it, no jitter
	return wait + wait/5*time.Duration(b[0])/256
}

// passing tells faults that another attempt may get past: the peer is busy or
// ailing, or the connection broke.
func passing(err error) bool {
	var refused *Refusal
	var broken *Broken
	switch {
	case errors.Is(err, circuitbreaker.ErrOpen), errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &refused):
		return refused.passing()
	case errors.As(err, &broken):
		return !untrusted(broken)
	}
	return errors.Is(err, timeout.ErrExceeded)
}

// ailing tells faults of the peer; a refusal (4xx) never opens the breaker.
func ailing(err error) bool {
	var refused *Refusal
	var broken *Broken
	switch {
	case errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &refused):
		return refused.Status >= http.StatusInternalServerError
	case errors.As(err, &broken):
		return true
	}
	return errors.Is(err, timeout.ErrExceeded)
}

// untrusted tells a peer whose certificate is not that of the processor.
func untrusted(err error) bool {
	var verify *tls.CertificateVerificationError
	return errors.As(err, &verify)
}

// Broken is an answer that did not come, or not as a whole. Nothing of it may be used.
type Broken struct {
	What  string // what is wrong and what it means
	Cause error  // nil: the bytes themselves
}

// Error says what broke.
func (b *Broken) Error() string {
	if b.Cause == nil {
		return b.What
	}
	return b.What + ": " + b.Cause.Error()
}

// Unwrap is the cause.
func (b *Broken) Unwrap() error { return b.Cause }

// ErrOpen is a host that failed so often that it is left alone for a while.
var ErrOpen = errors.New("the processor failed several times in a row and is left alone for a while")

// Answer is what is known of an answer beside its body.
type Answer struct {
	Status      int
	Correlation string // the processor's name for the exchange; support asks for it
	Date        time.Time
	Received    time.Time // by our clock
	Header      http.Header
	Size        int64 // bytes of the body, as they came
}

// Skew is how far our clock is ahead of the processor's; 0 if it did not say.
func (a *Answer) Skew() time.Duration {
	if a.Date.IsZero() {
		return 0
	}
	return a.Received.Sub(a.Date)
}

// call is one request; its path is escaped. take reads the body of a good answer; it is called again
// for another attempt, and what it made of a body that failed must be dropped.
type call struct {
	method, path string
	query        url.Values
	accept       string
	body         []byte
	take         func(a *Answer, body io.Reader) error
}

// do sends a call through the chain: GET may be sent again, everything else once.
func (c *Client) do(ctx context.Context, q call) (*Answer, error) {
	chain := c.host.once
	if q.method == http.MethodGet {
		chain = c.host.get
	}
	a, err := chain.WithContext(ctx).GetWithExecution(func(exec failsafe.Execution[*Answer]) (*Answer, error) {
		return c.attempt(exec.Context(), q, exec.Attempts())
	})
	if errors.Is(err, circuitbreaker.ErrOpen) {
		err = ErrOpen
	}
	if errors.Is(err, timeout.ErrExceeded) {
		err = &Broken{What: fmt.Sprintf("no whole answer within %s", c.host.o.Whole)}
	}
	if err != nil {
		return a, fmt.Errorf("%s %s for %s: %w", q.method, q.path, c.merchant, err)
	}
	return a, nil
}

// attempt sends a call once and has its body taken.
func (c *Client) attempt(ctx context.Context, q call, n int) (*Answer, error) {
	started := c.host.o.Now()
	w := watch(ctx, c.host.o.Silence)
	defer w.stop()
	a, err := c.exchange(w, q)
	c.record(q, a, err, started, n)
	return a, err
}

func (c *Client) exchange(w *watcher, q call) (*Answer, error) {
	r, err := c.request(w.ctx, q)
	if err != nil {
		return nil, err
	}
	failpoint.At("http request")
	resp, err := c.host.o.Transport.RoundTrip(r)
	failpoint.At("http answer")
	if err != nil {
		return nil, w.fault(&Broken{"no answer", err})
	}
	defer resp.Body.Close()
	a := &Answer{Status: resp.StatusCode, Correlation: shown(resp.Header.Get("V-C-Correlation-Id")), Header: resp.Header, Received: c.host.o.Now()}
	a.Date, _ = http.ParseTime(resp.Header.Get("Date")) // one that does not say so has no date
	if !a.Date.IsZero() {
		c.host.ahead.Store(int64(a.Skew()))
	}
	body := &body{watcher: w, in: resp.Body, a: a}
	if resp.StatusCode/100 != 2 {
		return a, refusal(a, body)
	}
	if encoding := resp.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return a, &Broken{What: fmt.Sprintf("the answer is encoded as %q, which was not asked for", shown(encoding))}
	}
	if err := q.take(a, body); err != nil {
		if body.fault != nil {
			return a, w.fault(body.fault)
		}
		return a, err
	}
	return a, nil
}

// request builds the one URL that is signed and sent.
func (c *Client) request(ctx context.Context, q call) (*http.Request, error) {
	u := *c.host.base
	path, err := url.PathUnescape(q.path)
	if err != nil {
		return nil, err
	}
	u.Path, u.RawPath, u.RawQuery = path, q.path, q.query.Encode()
	var in io.Reader
	if q.body != nil {
		in = strings.NewReader(string(q.body))
	}
	r, err := http.NewRequestWithContext(ctx, q.method, u.String(), in)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", cmp.Or(q.accept, acceptJSON))
	r.Header.Set("Content-Type", "application/json;charset=utf-8")
	r.Header.Set("User-Agent", "tieout")
	return r, c.signer.Sign(r, q.body)
}

const acceptJSON = "application/hal+json;charset=utf-8"

// record logs an answer, or that there was none.
func (c *Client) record(q call, a *Answer, err error, started time.Time, n int) {
	about := []any{
		"host", c.host.base.Host, "merchant", c.merchant, "method", q.method, "path", q.path, "query", shown(q.query.Encode()),
		"attempt", n, "took", c.host.o.Now().Sub(started).String(),
	}
	if a != nil {
		about = append(about, "status", a.Status, "correlation", a.Correlation, "bytes", a.Size)
	}
	switch {
	case NotFound(err): // how the processor says that there is nothing yet
		c.host.log.Info("answer", about...)
	case err != nil:
		c.host.log.Warn("answer", append(about, "fault", err.Error())...)
	default:
		c.host.log.Info("answer", about...)
	}
}
