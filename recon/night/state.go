package night

import (
	"crypto/sha256"
	"encoding/hex"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
)

// Request is what somebody asks for: reconcile a company's range as of a day.
type Request struct {
	Company        string
	From, To, AsOf recon.Date
}

// Role is what a kept file is for.
type Role string

// The roles of files.
const (
	Reports   Role = "reports"
	Documents Role = "documents"
	Funding   Role = "funding"
	Bank      Role = "bank"
	Opening   Role = "opening"
)

// File is an input as it is kept: a copy under the hash of its bytes, in which
// card numbers are masked (R7).
type File struct {
	Role        Role
	Name        string   // base name
	Names       []string // all names under which the folders have it now
	SHA256      string   // of the kept copy
	Size        int64
	Generation  int        // number of the run that kept it first
	Used        bool       // a committed run has read it
	First, Last recon.Date // settlement dates of its rows; 0: none
	Report      recon.FileReport
}

// Taken is what a row or an act took from a document, minor units, signed like the row.
type Taken struct {
	Doc    string           `json:"doc"`
	Amount int64            `json:"amount"`
	Parts  recon.Components `json:"parts,omitzero"`
}

// Row is a processor row with its outcome, as the books know it.
type Row struct {
	recon.Transaction                 // Type is the event as resolved
	Natural           recon.EventType `json:"natural"`
	Label             int             `json:"label"`
	Settled           recon.Date      `json:"settled"`
	Posting           recon.Date      `json:"posting"` // 0: moves no money
	Verdict           recon.Verdict   `json:"verdict"`
	Reason            recon.Reason    `json:"reason"`
	Secondary         []recon.Reason  `json:"secondary,omitempty"`
	Pass              recon.Pass      `json:"pass"`
	Kind              recon.Kind      `json:"kind"`
	Documents         []string        `json:"documents,omitempty"`
	Suggested         []string        `json:"suggested,omitempty"`
	Taken             []Taken         `json:"taken,omitempty"`
	Applied           int64           `json:"applied"`
	Suspended         int64           `json:"suspended"`
	WriteOff          int64           `json:"write_off"`
	Held              int64           `json:"held"` // of Suspended: what was open when the row was posted
	Open              int64           `json:"open"` // what of it is open now
	Unmapped          bool            `json:"unmapped,omitempty"`
	Evidence          string          `json:"evidence,omitempty"`
	ParentID          string          `json:"parent_id,omitempty"`
	File              string          `json:"file,omitempty"` // SHA-256 of the kept copy
	Line              int             `json:"line,omitempty"`
	UsedBy            string          `json:"used_by,omitempty"` // what used the held money since
	UsedOn            recon.Date      `json:"used_on,omitzero"`  // settlement date of the row that did; 0: an act
	AtOpening         bool            `json:"opening,omitempty"` // taken over at cut-over
	Content           string          `json:"content,omitempty"`
	Said              []Said          `json:"said,omitempty"`       // by the sources, if not by those of the first rank alone
	CountedIn         string          `json:"counted_in,omitempty"` // id of the event of another source that it is a part of
}

// Said is what reports of one rank said of an event.
type Said struct {
	Rank    int    `json:"rank"`
	Content string `json:"content"`
	File    string `json:"file"` // SHA-256 of the kept copy
	Line    int    `json:"line"`
}

// Key is the natural key of the row.
func (r *Row) Key() string { return RowKey(r.ID, r.Natural) }

// RowKey is the text of a natural key: the id and the event of the row.
func RowKey(id string, natural recon.EventType) string { return id + "/" + natural.String() }

// Act is what cleared a carried item: a document, or the capture of a dispute.
// Acts are never derived again and never re-dated.
type Act struct {
	Key       string         `json:"key"` // natural key of the item
	Merchant  string         `json:"merchant"`
	Currency  money.Currency `json:"currency"`
	Amount    int64          `json:"amount"`
	From      recon.Reason   `json:"from"`
	Pass      recon.Pass     `json:"pass"`
	Taken     []Taken        `json:"taken,omitempty"`
	ToDispute bool           `json:"to_dispute,omitempty"`
	On        recon.Date     `json:"on"` // date_to of the run that made it
}

// Deposit is a deposit with its outcome.
type Deposit struct {
	ID        string         `json:"id"`
	Merchant  string         `json:"merchant"`
	Settled   recon.Date     `json:"settled"`
	Amount    money.Amount   `json:"amount"`
	Funded    money.Amount   `json:"funded"`
	On        recon.Date     `json:"on"` // funding date
	BankRef   string         `json:"bank_ref"`
	RateText  string         `json:"rate,omitempty"`
	Posting   recon.Date     `json:"posting"`
	Verdict   recon.Verdict  `json:"verdict"`
	Reason    recon.Reason   `json:"reason"`
	Secondary []recon.Reason `json:"secondary,omitempty"`
	BankLines []string       `json:"bank_lines,omitempty"`
	File      string         `json:"file,omitempty"` // SHA-256 of the kept copy
	Line      int            `json:"line,omitempty"`
}

// BankLine is a bank line with its outcome.
type BankLine struct {
	ID       string        `json:"id"`
	On       recon.Date    `json:"on"` // value date
	Amount   money.Amount  `json:"amount"`
	BankRef  string        `json:"bank_ref"`
	Text     string        `json:"text,omitempty"`
	Posting  recon.Date    `json:"posting"`
	Verdict  recon.Verdict `json:"verdict"`
	Reason   recon.Reason  `json:"reason"`
	Deposits []string      `json:"deposits,omitempty"`
	File     string        `json:"file,omitempty"` // SHA-256 of the kept copy
	Line     int           `json:"line,omitempty"`
}

// Doc is an ERP document as last seen, with its outcome.
type Doc struct {
	ID         string           `json:"doc_id"`
	Type       recon.DocType    `json:"type"`
	OrderNo    string           `json:"order_no,omitempty"`
	InvoiceNo  string           `json:"invoice_no,omitempty"`
	CustomerNo string           `json:"customer_no,omitempty"`
	Date       recon.Date       `json:"date"`
	Status     recon.DocStatus  `json:"status"`
	Merchant   string           `json:"merchant,omitempty"`
	Store      string           `json:"store,omitempty"`
	Dimensions []recon.Field    `json:"dimensions,omitempty"` // the ERP's own columns for the general ledger
	Currency   money.Currency   `json:"currency"`
	Amount     int64            `json:"amount"`
	Components recon.Components `json:"components"`
	Applied    int64            `json:"applied"` // by all runs, and before cut-over
	Remaining  int64            `json:"remaining"`
	Verdict    recon.Verdict    `json:"verdict"`
	Reason     recon.Reason     `json:"reason"`
	Kind       recon.Kind       `json:"kind"`
	File       string           `json:"file,omitempty"`
	Line       int              `json:"line,omitempty"`
}

// Item is one thing with an outcome in the form in which it is stored. Equal
// bodies are not stored again.
type Item struct {
	Side     string // event, doc, deposit, bank, act
	Key      string
	Merchant string
	Currency money.Currency
	Settled  recon.Date
	Effect   int64 // what it adds to its batch's net: events only
	Open     int64 // what it holds on the open list
	Body     []byte
	Traits
}

// Hash tells bodies apart.
func (i *Item) Hash() string {
	sum := sha256.Sum256(i.Body)
	return hex.EncodeToString(sum[:12])
}

// Sides of items, and of exceptions.
const (
	SideEvent   = "event"
	SideDoc     = "doc"
	SideDeposit = "deposit"
	SideBank    = "bank"
	SideAct     = "act"
	SideBatch   = "batch"
)

// ExceptionStatus is where an exception stands.
type ExceptionStatus string

// The states of an exception. New, carried and reopened ones are open.
const (
	New      ExceptionStatus = "NEW"
	Carried  ExceptionStatus = "CARRIED"
	Reopened ExceptionStatus = "REOPENED"
	Closed   ExceptionStatus = "CLOSED"
)

// Exception is an item of the work list, with what people must see of it
// although its row may not be read again (MAT-09, MAT-10).
type Exception struct {
	ID        string          `json:"id"`
	Side      string          `json:"side"`
	Key       string          `json:"key"` // natural key of its item; "" where it cannot be read
	Reason    recon.Reason    `json:"reason"`
	Amount    money.Amount    `json:"amount"` // without currency: no figure
	Status    ExceptionStatus `json:"status"`
	FirstSeen recon.Date      `json:"first_seen"`
	LastSeen  recon.Date      `json:"last_seen"`
	ClosedOn  recon.Date      `json:"closed_on,omitzero"`
	ClosedBy  string          `json:"closed_by,omitempty"`
	File      string          `json:"file,omitempty"` // of a row that cannot be trusted: SHA-256 of the kept copy
	Line      int             `json:"line,omitempty"` // and physical line in it
	Hold      *Hold           `json:"hold,omitempty"` // what it keeps from being released
	Wait      *Wait           `json:"wait,omitempty"` // nil: it does not wait for an account
	Remarks   Remarks         `json:"remarks,omitzero"`
	Body      []byte          `json:"body"` // as rendered; the reports know its form
}

// Wait is for what an open item waits that ends once there is an account (GL-06).
type Wait struct {
	Why   string     `json:"why"`
	Docs  []string   `json:"docs,omitempty"` // that would take it; none for a dispute, whose capture was found
	Since recon.Date `json:"since,omitzero"` // the day of the oldest of them
}

// Remarks are what finance wrote on the work list. They stay with the item on
// every run (MAT-10, XLS-17).
type Remarks struct {
	Disposition string `json:"disposition,omitempty"`
	Ref         string `json:"ref,omitempty"`
	AssignedTo  string `json:"assigned_to,omitempty"`
	Note        string `json:"note,omitempty"`
}

// Week is what the work list held after the last run as of a day (XLS-10).
type Week struct {
	AsOf recon.Date
	Open []Open // by currency
}

// Open is how many exceptions of a currency were open, and the sum of their
// absolute amounts in minor units.
type Open struct {
	Currency money.Currency
	Items    int
	Amount   int64
}

// Weeks is how far back the work list is followed.
const Weeks = 13

// Cut is a range that was computed as one run; a rerun computes it again as one.
type Cut struct{ From, To recon.Date }

// Has tells whether the day is in the cut.
func (c Cut) Has(day recon.Date) bool { return c.From <= day && day <= c.To }

// State is what earlier runs left of a company, as far as a run has asked for it.
type State struct {
	Run           int   // number of this run
	Attempt       int   // at this range as of this day, from 1
	Rows          []Row // in the order of their keys
	Deposits      []Deposit
	BankLines     []BankLine
	BatchNets     map[recon.BatchKey]int64
	Priors        map[string]recon.Prior // by document: what other ranges and acts took
	Contributions []ledger.Contribution
	Entries       map[string][]ledger.Booked // by natural key without correction
	Exceptions    map[string]Exception       // by id
	Bodies        map[string]string          // by side and key: hash of what is stored
	Files         []File                     // all that are kept
	LastNumber    map[int]int                // last entry number by year
	Cuts          []Cut
	Revision      int        // of the workbooks of this range so far
	PriorAsOf     recon.Date // of the last run before this one; 0: there is none
	Lacking       []string   // what the last run of this range went on without
	Weeks         []Week     // oldest first, up to a week before this run; none before the first run
}
