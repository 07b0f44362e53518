package cybersource

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strings"

	"tieout/recon/cybersource/reportfile"
)

// Format is what a report comes in; a subscription fixes it.
type Format string

// The formats. JSON is that of the reports on demand.
const (
	CSV  Format = "csv"
	XML  Format = "xml"
	JSON Format = "json"
)

// Mime is the format as the processor names it.
func (f Format) Mime() string {
	switch f {
	case CSV:
		return "text/csv"
	case XML:
		return "application/xml"
	case JSON:
	}
	return acceptJSON
}

// Keep takes a body into the archive. It is called again for another attempt,
// and what it was given before an error must be dropped: a reader that ends in
// anything but io.EOF was no whole report.
type Keep func(in io.Reader) error

// headSize is how much of a report is looked at before it is passed on.
const headSize = 64 << 10

// download passes a report to keep, and tells what it says of itself.
func (c *Client) download(ctx context.Context, query url.Values, format Format, keep Keep) (a *Answer, h Heading, err error) {
	a, err = c.do(ctx, call{method: http.MethodGet, path: downloadsPath, query: query, accept: format.Mime(), take: func(a *Answer, in io.Reader) error {
		b, _ := in.(*body)
		r := &report{body: b, in: bufio.NewReaderSize(b, headSize), format: format}
		if err := r.open(); err != nil {
			return err
		}
		h = headingOf(r.head)
		return keep(r)
	}})
	return a, h, err
}

const downloadsPath = "/reporting/v3/report-downloads"

// report is the body of a download. It ends in io.EOF only if everything holds
// that makes it whole (R4): the declared length, the declared hash, the end of
// its last row.
type report struct {
	*body
	in     *bufio.Reader
	format Format
	head   []byte
	root   string
	tail   []byte
	sum    hash.Hash
	want   string // hash that the answer declares; "" for none
}

// open looks at the first bytes: an error page is no report.
func (r *report) open() error {
	r.head, _ = r.in.Peek(headSize) // whatever ends it early comes back from Read
	if r.fault != nil {
		return r.fault
	}
	if kind := reportfile.Recognise(r.head); kind.NoReport() {
		return r.reject("the answer is no report but %s", kind)
	}
	if r.format == XML {
		root, ok := rootOf(string(r.head))
		if !ok {
			return r.reject("the answer is not XML")
		}
		r.root = root.Name.Local
	}
	r.want = declared(r.a.Header)
	r.sum = sha256.New()
	return nil
}

// declared is the SHA-256 of the body that an answer declares, in base64.
func declared(h http.Header) string {
	for _, part := range append(h.Values("Digest"), h.Values("Content-Digest")...) {
		name, value, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(name), "sha-256") {
			return strings.Trim(value, ": ")
		}
	}
	return ""
}

const tailSize = 512

// Read passes the report on.
func (r *report) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	r.tail = append(r.tail, p[max(0, n-tailSize):n]...)
	r.tail = r.tail[max(0, len(r.tail)-tailSize):]
	if r.want != "" {
		r.sum.Write(p[:n])
	}
	if errors.Is(err, io.EOF) {
		if fault := r.end(); fault != nil {
			return n, fault
		}
	}
	return n, err
}

// end judges the last bytes.
func (r *report) end() error {
	if got := base64.StdEncoding.EncodeToString(r.sum.Sum(nil)); r.want != "" && got != r.want {
		return r.reject("the bytes have not the hash that the answer declares")
	}
	switch r.format {
	case CSV:
		if last := r.tail[len(r.tail)-1]; last != '\n' && last != '\r' {
			return r.reject("the report is cut off in its last row")
		}
	case XML:
		text := bytes.TrimRight(r.tail, " \t\r\n")
		closed := bytes.HasSuffix(text, []byte("</"+r.root+">")) || bytes.HasSuffix(text, []byte(":"+r.root+">"))
		if !closed && !(r.a.Size < headSize && bytes.HasSuffix(text, []byte("/>"))) {
			return r.reject("the report is cut off before the end of %s", shown(r.root))
		}
	case JSON:
	}
	return nil
}
