package cybersource

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
)

// OnDemand are the reports that the processor answers at once, in JSON, by the
// last part of their paths (cybersource.md 3.1). They exist where the merchant's
// processor shares its data.
func OnDemand() []string {
	return []string{
		purchaseRefunds, "net-fundings", "payment-batch-summaries", "chargeback-summaries", "chargeback-details", "retrieval-summaries", "retrieval-details",
		"interchange-clearing-level-details", "conversion-details", "notification-of-changes",
	}
}

const (
	purchaseRefunds = "purchase-refund-details"
	pageSize        = 2000
)

// onDemand gets a report on demand. The pages of one that comes in
// pages are kept as one answer. A 404 is no proof that there was nothing: the processor
// gives it to merchants, too, for whom it has no such data.
func (c *Client) onDemand(ctx context.Context, d Daily, f Found, keep Keep) (Found, error) {
	if !slices.Contains(OnDemand(), d.Name) {
		return f, fmt.Errorf("report %q in JSON: one of %v is needed", d.Name, OnDemand())
	}
	var pages [][]byte
	for more := true; more; {
		page, a, err := c.page(ctx, d.Name, f.Window, len(pages))
		if a != nil {
			f.Correlation = a.Correlation
		}
		if NotFound(err) {
			f.State, f.Why = Missing, "the processor has nothing of it for the day (404), which it also says of a merchant whose data it does not have"
			return f, nil
		}
		if err != nil {
			return f, err
		}
		pages = append(pages, page)
		more = d.Name == purchaseRefunds && full(page)
	}
	data, err := joinedPages(pages)
	if err != nil {
		return f, err
	}
	f.State = Received
	return f, keep(bytes.NewReader(data))
}

// page gets one page of a report, as it came.
func (c *Client) page(ctx context.Context, name string, w Window, n int) (page []byte, a *Answer, err error) {
	query := c.organization("startTime", w.Start.UTC().Format(instantFormat), "endTime", w.End.UTC().Format(instantFormat))
	if name == purchaseRefunds {
		query.Set("offset", strconv.Itoa(n*pageSize))
		query.Set("limit", strconv.Itoa(pageSize))
	}
	a, err = c.do(ctx, call{method: http.MethodGet, path: "/reporting/v3/" + name, query: query, take: func(_ *Answer, in io.Reader) error {
		data, err := io.ReadAll(io.LimitReader(in, maxJSON+1))
		switch {
		case err != nil:
			return err
		case len(data) > maxJSON:
			return fmt.Errorf("a page of %s is longer than %d bytes", name, maxJSON)
		case !json.Valid(data):
			return &Broken{What: "the answer is not the JSON that was asked for", Cause: errors.New(name)}
		}
		page = data
		return nil
	}})
	return page, a, err
}

// full tells a page after which another may come.
func full(page []byte) bool {
	var p struct {
		Results json.Number       `json:"pageResults"`
		Rows    []json.RawMessage `json:"requestDetails"`
	}
	if json.Unmarshal(page, &p) != nil {
		return false
	}
	n, err := strconv.Atoi(p.Results.String())
	return err == nil && n >= pageSize || len(p.Rows) >= pageSize
}

// joinedPages makes one answer of pages: their lists one after the other.
func joinedPages(pages [][]byte) ([]byte, error) {
	if len(pages) == 1 {
		return pages[0], nil
	}
	lists, whole := map[string][]json.RawMessage{}, map[string]any{}
	for _, page := range pages {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(page, &members); err != nil {
			return nil, err
		}
		for name, value := range members {
			var list []json.RawMessage
			if json.Unmarshal(value, &list) != nil {
				whole[name] = value
				continue
			}
			lists[name] = append(append([]json.RawMessage{}, lists[name]...), list...)
			whole[name] = lists[name]
		}
	}
	return json.Marshal(whole)
}
