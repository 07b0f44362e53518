package service

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// cause leaves out the address, which may hold a secret.
func cause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// Handler is the page for machines that watch: /healthz says that the process
// lives, /readyz that it can work, see unready; /metrics counts, /status tells the
// state. ready asks the store.
func (s *Service) Handler(ready func(context.Context) error) http.Handler {
	registry := prometheus.NewRegistry()
	s.measure(registry)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		if why := s.unready(ctx, ready); why != "" {
			http.Error(w, why, http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(s.Status())
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}

// unready is why the service cannot work, "" if it can: the store does not answer or
// knows it no more, nobody has looked at what is owed of late, or the clock may be wrong.
func (s *Service) unready(ctx context.Context, ready func(context.Context) error) string {
	if err := ready(ctx); err != nil {
		return "the store does not answer as it should: " + err.Error()
	}
	s.mu.Lock()
	looked, ago, paused := s.status.Looked, s.o.Elapsed()-s.looked, s.status.Paused
	s.mu.Unlock()
	switch {
	case looked.IsZero():
		return "what is owed could not be looked at yet"
	case ago > 3*s.o.Sweep+time.Minute:
		return "what is owed was last looked at " + ago.Round(time.Second).String() + " ago"
	case paused:
		return "the clock may be wrong: nothing is run or posted"
	}
	return ""
}

// measure registers what can be counted. All figures come from the status, so they
// are true at the moment of asking.
func (s *Service) measure(registry *prometheus.Registry) {
	gauge := func(name, help string, value func(Status) float64) {
		registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "tieout", Name: name, Help: help},
			func() float64 { return value(s.Status()) }))
	}
	flag := func(on bool) float64 {
		if on {
			return 1
		}
		return 0
	}
	gauge("nights_owed", "Business days that are due and not run.", func(t Status) float64 { return float64(t.Owed) })
	gauge("nights_done", "Nights run since the start.", func(t Status) float64 { return float64(t.Done) })
	gauge("night_running", "1 while a night runs.", func(t Status) float64 { return flag(t.Running != 0) })
	gauge("clock_paused", "1 while nothing is run or posted because the clock may be wrong.", func(t Status) float64 { return flag(t.Paused) })
	gauge("night_failures", "Failed attempts in a row.", func(t Status) float64 { return float64(t.Failures) })
	gauge("deliveries_open", "Posting files that are not delivered.", func(t Status) float64 {
		open := 0
		for _, why := range t.Undelivered {
			open += len(why)
		}
		return float64(open)
	})
	gauge("jobs_open", "Jobs in the queue that are not done.", func(t Status) float64 { return float64(t.Queued) })
	gauge("jobs_stuck", "Jobs that were given up.", func(t Status) float64 { return float64(len(t.Stuck)) })
	gauge("next_morning_timestamp_seconds", "When the next night is due.", func(t Status) float64 { return float64(max(0, t.Next.Unix())) })
}

// Listen serves the page on an address until ctx ends.
func (s *Service) Listen(ctx context.Context, address string, ready func(context.Context) error) (net.Addr, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: s.Handler(ready), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
	return listener.Addr(), nil
}
