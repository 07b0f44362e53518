//go:build unix

package sagepro

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tieout/fixtures/demo"
	"tieout/fixtures/sandbox/clerk"
	"tieout/fixtures/sandbox/company"
	"tieout/recon"
	"tieout/recon/sagepro/dbf"
)

// office is a company in whose folder a clerk works.
type office struct {
	dir     string
	made    *company.Company
	date    recon.Date
	account *clerk.Account
	share   *clerk.Share
	clerk   *clerk.Clerk
}

func openOffice(t *testing.T, g company.Generation, seed uint64) *office {
	t.Helper()
	o := &office{dir: t.TempDir()}
	o.made, o.date = evening(g, 2)
	if err := clerk.Write(o.dir, o.made.Folder()); err != nil {
		t.Fatal(err)
	}
	o.account, o.share = clerk.NewAccount(o.made.Documents), clerk.NewShare(syscall.EBUSY)
	pauses := rand.New(rand.NewPCG(seed, 2))
	o.clerk = &clerk.Clerk{Dir: o.dir, Desk: company.NewDesk(o.made, rand.New(rand.NewPCG(seed, 1))), Share: o.share, Account: o.account}
	o.clerk.Pause = func() error { // mostly fast, now and then long enough for a table to be copied in peace
		breath := time.Duration(pauses.IntN(100)) * time.Microsecond
		if pauses.IntN(40) == 0 {
			breath = time.Duration(2+pauses.IntN(20)) * time.Millisecond
		}
		time.Sleep(breath)
		return nil
	}
	return o
}

// door reads the folder through the share.
func (o *office) door(t *testing.T, c *Company) *Folder {
	return &Folder{
		Dir: o.dir, Scratch: t.TempDir(), Company: c, Now: time.Now,
		Open: func(path string) (Shared, error) { return o.share.Open(path) },
		Wait: func(_ context.Context, attempt int) error {
			if attempt == 0 { // the quiet moment is longer than what anybody does
				o.clerk.Settle()
			} else {
				time.Sleep(3 * time.Millisecond)
			}
			return nil
		},
	}
}

// load reads the documents once.
func (o *office) load(t *testing.T, c *Company) ([]demo.Document, error) {
	t.Helper()
	door := o.door(t, c)
	var extract bytes.Buffer
	err := c.Extract(t.Context(), door, o.date-60, &extract)
	if err := errors.Join(err, door.Close()); err != nil {
		return nil, err
	}
	docs, report := readBack(t, c, extract.Bytes())
	if report.Rows.Quarantined > 0 {
		t.Errorf("faulty rows: %+v", report.Findings)
	}
	var plain []demo.Document
	for _, d := range docs {
		plain = append(plain, demo.Document{
			ID: d.ID, Type: d.Type.String(), OrderNo: d.OrderNo, InvoiceNo: d.InvoiceNo, CustomerNo: d.CustomerNo, Date: d.Date.String(), Status: d.Status.String(),
			Merchant: d.Merchant, Store: d.Store, Method: d.Method, Currency: d.Currency.String(), Amount: d.Amount, Parts: d.Components, Prior: d.Prior,
			RequestID: d.RequestID, AuthCode: d.AuthCode, Last4: d.Last4,
		})
	}
	return plain, nil
}

// sage-pro.md 5.2: while people enter, bill, correct, void and delete documents,
// reindex and pack, every load gives documents that were true together at one
// instant, or says that the folder is busy. TIEOUT_LIVE_LOADS loads for a long proof.
func TestLiveFolderGivesWhatWasTrue(t *testing.T) {
	loads, generations := 5, []company.Generation{company.G3, company.G1}
	if text := os.Getenv("TIEOUT_LIVE_LOADS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("TIEOUT_LIVE_LOADS: %v", err)
		}
		loads, generations = n, append(generations, company.G2)
	}
	for _, g := range generations {
		o, c := openOffice(t, g, 7), mappingOf(string(g))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- o.clerk.Work(ctx) }()
		done, busy := 0, 0
		for done < loads && busy < 20*loads && !t.Failed() {
			from := o.account.Done()
			docs, err := o.load(t, c)
			switch {
			case errors.Is(err, ErrBusy) || errors.Is(err, dbf.ErrTorn):
				busy++
				continue
			case err != nil:
				t.Error(err)
			}
			done++
			if err := o.account.Check(from, o.account.Begun(), docs); err != nil {
				t.Errorf("%s, load %d: %v", g, done, err)
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if done < loads {
			t.Errorf("%s: %d loads of %d, %d times busy", g, done, loads, busy)
		}
		t.Logf("%s: %d loads over %d writes, %d times busy", g, done, o.account.Done(), busy)
	}
}

// A table that somebody has for himself for the whole time is busy, and the table is named; afterwards it is read.
func TestTableInUseIsBusy(t *testing.T) {
	o, c := openOffice(t, company.G3, 1), mappingOf(G3)
	release := o.share.Alone(filepath.Join(o.dir, "ardata", "armast01.dbf"))
	if _, err := o.load(t, c); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "armast01.dbf") {
		t.Errorf("armast is in use: %v", err)
	}
	release()
	docs, err := o.load(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.account.Check(0, 0, docs); err != nil {
		t.Error(err)
	}
}
