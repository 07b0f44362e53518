package service

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Hook posts notices to an address: as JSON of our own, or as a text message,
// which Slack and Teams take.
type Hook struct {
	URL  string // holds a secret in its path as a rule, and is never shown
	Form string // json, slack or teams
}

// Send posts one notice.
func (h *Hook) Send(ctx context.Context, n Notice) error {
	body, err := json.Marshal(h.body(n))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("webhook: its address is no address")
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("webhook: no answer: %w", cause(err))
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16))
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("webhook: answered %s", answer.Status)
	}
	return nil
}

func (h *Hook) body(n Notice) any {
	if h.Form == "slack" || h.Form == "teams" {
		return map[string]string{"text": n.Subject + "\n" + n.Text}
	}
	return map[string]string{"key": n.Key, "kind": string(n.Kind), "subject": n.Subject, "text": n.Text}
}
