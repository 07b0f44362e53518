package posting

import (
	"bytes"
	"fmt"
	"strings"
)

// Answer is what a consumer says of a file that it took (PF-09).
type Answer struct {
	Accepted bool
	Text     string // of a rejection: line, code and text
}

// The names of answers are the data file's with one of these behind it.
const (
	AcceptedSuffix = ".ack"
	RejectedSuffix = ".nak"
)

// Acknowledgement is the line that accepts a file: its id and the totals that
// the consumer counted, in the form of the trailer.
//
//	ACK|{file_id}|{entries}|{lines}|{currency:debits:credits}...|{base_debits}|{base_credits}|{account_hash}
func Acknowledgement(h Header, t Totals) string {
	fields := trailerFields(h, t, "")
	texts := []string{"ACK"}
	for _, f := range fields[1 : len(fields)-1] {
		texts = append(texts, f.text)
	}
	return strings.Join(texts, separator)
}

// ReadAcknowledgement compares an acknowledgement with what was sent.
func ReadAcknowledgement(data []byte, h Header, t Totals) (Answer, error) {
	got, want := string(bytes.TrimRight(data, "\r\n")), Acknowledgement(h, t)
	if got != want {
		return Answer{}, fmt.Errorf("the acknowledgement says %q, and %q was sent", clean(got), want)
	}
	return Answer{Accepted: true}, nil
}

// ReadRejection reads NAK|{file_id}|{line}|{code}|{text}.
func ReadRejection(data []byte, h Header) (Answer, error) {
	line := string(bytes.TrimRight(data, "\r\n"))
	fields := strings.SplitN(line, separator, 5)
	if len(fields) != 5 || fields[0] != "NAK" || fields[1] != h.FileID() {
		return Answer{}, fmt.Errorf("the rejection says %q, and NAK|%s|line|code|text is due", clean(line), h.FileID())
	}
	return Answer{Text: fmt.Sprintf("line %s, %s: %s", clean(fields[2]), clean(fields[3]), clean(fields[4]))}, nil
}
