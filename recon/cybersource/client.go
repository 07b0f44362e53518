package cybersource

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Client is one merchant at one host.
type Client struct {
	host     *Host
	merchant string
	signer   Signer
	making   chan struct{} // one-time reports that are being made
}

// maxOneTime is how many one-time reports may be made at once (cybersource.md 3.2).
const maxOneTime = 3

// NewClient is a merchant's client. The error says what is wrong with the credentials.
func (h *Host) NewClient(c Credentials) (*Client, error) {
	signer, err := NewSigner(c, h.o.Source)
	if err != nil {
		return nil, fmt.Errorf("merchant %s: %w", c.Merchant, err)
	}
	return &Client{host: h, merchant: c.Merchant, signer: signer, making: make(chan struct{}, maxOneTime)}, nil
}

// Merchant is whose client it is.
func (c *Client) Merchant() string { return c.merchant }

// maxJSON bounds an answer that is read as a whole.
const maxJSON = 64 << 20

// organization is the query that names the merchant, with what is added.
func (c *Client) organization(pairs ...string) url.Values {
	q := url.Values{"organizationId": {c.merchant}}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}

// read gets an answer in JSON.
func (c *Client) read(ctx context.Context, path string, query url.Values, into any) (*Answer, error) {
	return c.do(ctx, call{method: http.MethodGet, path: path, query: query, take: func(_ *Answer, in io.Reader) error {
		data, err := io.ReadAll(io.LimitReader(in, maxJSON+1))
		if err != nil {
			return err
		}
		if len(data) > maxJSON {
			return fmt.Errorf("the answer is longer than %d bytes", maxJSON)
		}
		if err := json.Unmarshal(data, into); err != nil {
			return &Broken{"the answer is not the JSON that was asked for", err}
		}
		return nil
	}})
}

// write sends JSON and ignores what comes back beside the status.
func (c *Client) write(ctx context.Context, method, path string, body any) (*Answer, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return c.do(ctx, call{method: method, path: path, body: data, query: c.organization(), take: func(_ *Answer, in io.Reader) error {
		_, err := io.Copy(io.Discard, io.LimitReader(in, maxJSON))
		return err
	}})
}
