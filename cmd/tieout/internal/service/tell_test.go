package service_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wneessen/go-mail"

	"tieout/cmd/tieout/internal/service"
	"tieout/fixtures/sandbox/mailhost"
	"tieout/recon"
)

func nightNotice() service.Notice {
	return service.Notice{Key: "done|2026-09-30", Kind: service.Done, Subject: "night of 2026-09-30", Text: "412 transactions, 18204.55 USD matched, 7 open exceptions, ties: yes"}
}

func TestMailNamesOrAttachesTheWorkbook(t *testing.T) {
	host := mailhost.Start(t)
	book := filepath.Join(t.TempDir(), "acme_exceptions.xlsx")
	if err := os.WriteFile(book, []byte("PK"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := service.Mail{Host: "127.0.0.1", Port: host.Port, From: "tieout@acme.example", To: []string{"finance@acme.example", "controller@acme.example"}, TLS: mail.NoTLS}
	n := nightNotice()
	n.Attach = book
	for i, attach := range []bool{false, true} {
		m.Attach = attach
		if err := m.Send(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		got := strings.ReplaceAll(host.Messages()[i], "=\n", "") // lines are wrapped
		for _, want := range []string{"Subject: tieout: night of 2026-09-30", "412 transactions, 18204.55 USD matched", "controller@acme.example", "acme_exceptions.xlsx"} {
			if !strings.Contains(got, want) {
				t.Errorf("attach %t: no %q in\n%s", attach, want, got)
			}
		}
		if strings.Contains(got, "Content-Disposition: attachment") != attach {
			t.Errorf("attach %t:\n%s", attach, got)
		}
	}
	n.Attach = book + ".gone"
	if err := m.Send(t.Context(), n); err == nil {
		t.Error("a workbook that is not there was attached")
	}
	m.TLS, n.Attach = mail.TLSMandatory, ""
	if err := m.Send(t.Context(), n); err == nil {
		t.Error("a password would have gone out in the clear")
	}
}

func TestHookPostsAndKeepsItsAddressSecret(t *testing.T) {
	var body string
	code := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		body = string(data)
		w.WriteHeader(code)
	}))
	t.Cleanup(server.Close)
	for form, want := range map[string]string{
		"json":  `{"key":"done|2026-09-30","kind":"done","subject":"night of 2026-09-30","text":"412 transactions, 18204.55 USD matched, 7 open exceptions, ties: yes"}`,
		"slack": `{"text":"night of 2026-09-30\n412 transactions, 18204.55 USD matched, 7 open exceptions, ties: yes"}`,
	} {
		h := service.Hook{URL: server.URL + "/SECRET", Form: form}
		if err := h.Send(t.Context(), nightNotice()); err != nil || body != want {
			t.Errorf("%s: %v, posted %s", form, err, body)
		}
	}
	code = http.StatusForbidden
	h := service.Hook{URL: server.URL + "/SECRET", Form: "json"}
	err := h.Send(t.Context(), nightNotice())
	if err == nil || !strings.Contains(err.Error(), "403") || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("refused: %v", err)
	}
	server.Close()
	if err := h.Send(t.Context(), nightNotice()); err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("unreachable: %v", err)
	}
}

func TestAdminPage(t *testing.T) {
	b := &books{last: recon.DateOf(time.Now()) + 1}
	s := service.New(b, &told{}, &line{}, daily(), time.Now, quiet())
	broken := false
	ready := func(context.Context) error {
		if broken {
			return errors.New("no route to the database")
		}
		return nil
	}
	address, err := s.Listen(t.Context(), "127.0.0.1:0", ready)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx) }()
	defer func() { stop(); <-ended }()
	for s.Status().Looked.IsZero() {
		time.Sleep(time.Millisecond)
	}
	get := func(path string) (int, string) {
		answer, err := http.Get("http://" + address.String() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		data, _ := io.ReadAll(answer.Body)
		return answer.StatusCode, string(data)
	}
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ok", "/metrics": "tieout_nights_owed 0", "/status": `"Failures":0`} {
		if code, text := get(path); code != 200 || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
	broken = true
	if code, text := get("/readyz"); code != 503 || !strings.Contains(text, "no route to the database") {
		t.Errorf("/readyz: %d %s", code, text)
	}
	if code, _ := get("/healthz"); code != 200 {
		t.Error("the process lives while the store does not")
	}
}
