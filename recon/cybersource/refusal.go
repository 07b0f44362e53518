package cybersource

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tieout/recon/carddata"
)

// Refusal is an answer that is no success, in the processor's words.
type Refusal struct {
	Status      int
	Code        string // such as RESOURCE_NOTFOUND or INVALID_DATA; "" if the body did not say
	Message     string
	Correlation string
	RetryAfter  time.Duration // that the answer asks for; 0: none
}

// Error says what the processor said, and what to do where that is known.
func (r *Refusal) Error() string {
	text := fmt.Sprintf("the processor answered %d", r.Status)
	for _, part := range []string{r.Code, r.Message} {
		if part != "" {
			text += " " + part
		}
	}
	if hint := r.hint(); hint != "" {
		text += "; " + hint
	}
	if r.Correlation != "" {
		text += " (correlation id " + r.Correlation + ")"
	}
	return text
}

func (r *Refusal) hint() string {
	switch r.Status {
	case http.StatusUnauthorized:
		return "check merchant id, key id and secret, and the clock of this host"
	case http.StatusForbidden:
		return "the key lacks the permission for reports"
	}
	return ""
}

// passing tells answers that another attempt may get past (cybersource.md 3.4).
func (r *Refusal) passing() bool {
	switch r.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// NotFound tells a 404, which says nothing by itself: not ready, no data, a
// wrong name or a wrong date.
func NotFound(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Status == http.StatusNotFound
}

// maxRefusal is how much of the body of a refusal is read.
const maxRefusal = 64 << 10

func refusal(a *Answer, in io.Reader) error {
	r := &Refusal{Status: a.Status, Correlation: a.Correlation, RetryAfter: retryAfter(a)}
	text, _ := io.ReadAll(io.LimitReader(in, maxRefusal)) // the status counts, with or without its words
	r.Code, r.Message = saidIn(text)
	return r
}

// retryAfter reads Retry-After in both of its forms.
func retryAfter(a *Answer) time.Duration {
	text := a.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return max(0, time.Duration(min(seconds, 1<<20))*time.Second)
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(a.Received))
	}
	return 0
}

// said are the members of all shapes of error bodies (cybersource.md 3.4 and 2.5).
type said struct {
	XMLName  xml.Name `json:"-"`
	Code     string   `json:"code" xml:"code"`
	Reason   string   `json:"reason" xml:"reason"`
	Message  string   `json:"message" xml:"message"`
	Detail   string   `json:"detail" xml:"detail"`
	Response struct {
		Message string `json:"rmsg"`
	} `json:"response" xml:"-"`
	Details []struct {
		Field  string `json:"field"`
		Reason string `json:"reason"`
	} `json:"details" xml:"-"`
	Fields []struct {
		Path    string `json:"path"`
		Message string `json:"message"`
	} `json:"fields" xml:"-"`
}

func saidIn(text []byte) (code, message string) {
	var s said
	text = bytes.TrimSpace(text)
	switch {
	case bytes.HasPrefix(text, []byte("{")):
		_ = json.Unmarshal(text, &s) // what cannot be read says nothing
	case bytes.HasPrefix(text, []byte("<")) && !bytes.Contains(text, []byte("<!")):
		_ = xml.Unmarshal(text, &s)
	}
	parts := []string{s.Message, s.Detail, s.Response.Message}
	for _, d := range s.Details {
		parts = append(parts, d.Field+": "+d.Reason)
	}
	for _, f := range s.Fields {
		parts = append(parts, f.Path+": "+f.Message)
	}
	var told []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			told = append(told, p)
		}
	}
	return shown(s.Code + s.Reason), shown(strings.Join(told, "; "))
}

// shown is text of the peer as a message may show it: masked, without control
// characters, at most 200 characters.
func shown(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return ' '
		}
		return r
	}, carddata.Mask(text))
	if runes := []rune(text); len(runes) > 200 {
		return string(runes[:200]) + "..."
	}
	return text
}
