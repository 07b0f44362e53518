package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tieout/cmd/tieout/internal/config"
	"tieout/recon"
	"tieout/recon/store"
)

// explainVerb is `tieout explain`: what is stored about one id, both ways along
// line, rows and file (GL-24). Nothing is computed again.
type explainVerb struct {
	config, output string
	page           store.Page
}

func explainCommand() *cobra.Command {
	v := &explainVerb{}
	cmd := &cobra.Command{
		Use:   "explain ID",
		Short: "Say what became of a transaction, document, deposit, bank line, journal line, entry or exception",
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.ExactArgs(1)(cmd, args); err != nil {
				return usage(err)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return failed(v.run(cmd.Context(), strings.TrimSpace(args[0]), cmd.OutOrStdout()))
		},
	}
	cmd.Flags().StringVar(&v.config, "config", "tieout.yaml", "configuration")
	cmd.Flags().StringVar(&v.output, "output", "text", "text or json")
	cmd.Flags().IntVar(&v.page.Limit, "limit", 50, "how many items of a long list are shown; 0: all")
	cmd.Flags().IntVar(&v.page.Skip, "skip", 0, "how many items of a long list are passed over")
	return cmd
}

func (v *explainVerb) run(ctx context.Context, id string, stdout io.Writer) (err error) {
	if v.output != "text" && v.output != "json" {
		return usage(fmt.Errorf("--output %q: text or json is needed", v.output))
	}
	if v.page.Limit < 0 || v.page.Skip < 0 {
		return usage(errors.New("--limit and --skip: 0 or more is needed"))
	}
	x, err := openExplainer(ctx, v.config)
	if err != nil {
		return err
	}
	x.page = v.page
	defer func() { err = errors.Join(err, x.store.Close(), x.opened.Close()) }()
	found, err := x.find(ctx, id)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("nothing is stored under %q: an id is a transaction (txn_id, or txn_id/EVENT), a document, a deposit, a bank line, "+
			"an entry (TO26000012), a journal line (TO26000012-3) or an exception (X and 16 hexadecimal digits)", id)
	}
	if v.output == "json" {
		enc := json.NewEncoder(stdout)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		return enc.Encode(explanation{id, found})
	}
	return writeThings(stdout, found)
}

// openExplainer opens the store that a configuration names, which must be there
// already. A day is needed to read a configuration and decides nothing here.
func openExplainer(ctx context.Context, path string) (*explainer, error) {
	today := recon.DateOf(time.Now())
	n, err := readNightly(path, config.Range{From: today, To: today, AsOf: today})
	if err != nil {
		return nil, err
	}
	where := n.where()
	if !strings.Contains(where, "://") {
		if _, err := os.Stat(where); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no store at %s: `tieout run` makes it", where)
		}
	}
	s, err := store.Open(ctx, where, store.Options{Now: time.Now})
	if err != nil {
		return nil, err
	}
	moment, err := s.Snapshot(ctx)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &explainer{opened: s, store: moment, company: n.cfg.Recon.Company, sources: map[string][]sourceSaid{}, names: map[string]string{}}, nil
}

// explanation is the answer to one question. One id may name several things:
// a capture and its refund can share a transaction id.
type explanation struct {
	ID    string   `json:"id"`
	Found []*thing `json:"found"`
}

// thing is one thing with an outcome, as people and machines are told of it.
type thing struct {
	Kind       string          `json:"kind"`
	ID         string          `json:"id"`
	Facts      facts           `json:"facts"`
	Money      []moneySaid     `json:"money,omitempty"`
	MoneyCount int             `json:"money_count,omitempty"` // rows and acts that name a document; Money may be a part
	MoneyPage  string          `json:"-"`                     // which part; "" for all
	Lines      []lineSaid      `json:"journal_lines,omitempty"`
	Revisions  []revisionSaid  `json:"revisions,omitempty"`
	Exceptions []exceptionSaid `json:"exceptions,omitempty"`
	Versions   []versionSaid   `json:"history,omitempty"`
}

// facts are named values in the order in which they are told. Empty ones are left out.
type facts []fact

type fact struct{ name, value string }

func (f *facts) add(name, value string) {
	if value != "" {
		*f = append(*f, fact{name, value})
	}
}

// MarshalJSON writes the facts as one object, in their order.
func (f facts) MarshalJSON() ([]byte, error) {
	var text strings.Builder
	text.WriteString("{")
	for i, one := range f {
		if i > 0 {
			text.WriteString(",")
		}
		for _, part := range []struct{ text, after string }{{one.name, ":"}, {one.value, ""}} {
			quoted, err := json.Marshal(part.text)
			if err != nil {
				return nil, err
			}
			text.Write(quoted)
			text.WriteString(part.after)
		}
	}
	text.WriteString("}")
	return []byte(text.String()), nil
}

// moneySaid is what passed between a row, or the act that cleared it, and a document.
type moneySaid struct {
	By       string `json:"by"` // natural key of the row
	Document string `json:"document"`
	Amount   string `json:"amount,omitempty"` // "" where the row only names the document
	How      string `json:"how"`
}

// sourceSaid is something a journal line was rolled up from, with where it was read.
type sourceSaid struct {
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Amount  string `json:"amount"`
	Outcome string `json:"outcome"`
	File    string `json:"file,omitempty"`
	SHA256  string `json:"sha256,omitempty"`
	Line    int    `json:"line,omitempty"` // physical, 1-based
}

// lineSaid is a journal line in one revision of its entry.
type lineSaid struct {
	ID          string       `json:"id"` // entry_no-line_no
	Revision    int          `json:"revision"`
	Posting     string       `json:"posting_date"`
	Account     string       `json:"account"`
	Side        string       `json:"side"`
	Amount      string       `json:"amount"`
	Base        string       `json:"base_amount,omitempty"`
	Label       string       `json:"label"`
	Rule        string       `json:"rule_id"`
	RuleTable   string       `json:"rule_table"` // its version (GL-07)
	Memo        string       `json:"memo,omitempty"`
	Replaced    int          `json:"replaced_by_revision,omitempty"`
	Corrects    string       `json:"corrects,omitempty"`
	Files       []fileSaid   `json:"posting_files,omitempty"`
	Sources     []sourceSaid `json:"sources,omitempty"`
	SourceCount int          `json:"source_count,omitempty"` // Sources may be a part
	SourcePage  string       `json:"-"`                      // which part; "" for all
}

// fileSaid is a posting file that carries an entry.
type fileSaid struct {
	Name     string `json:"name,omitempty"` // "" while it is only planned
	Sequence int    `json:"sequence,omitempty"`
	State    string `json:"state"`
	SHA256   string `json:"sha256,omitempty"`
}

// revisionSaid is an entry as a run left it, or a correction of it.
type revisionSaid struct {
	Entry    string     `json:"entry"`
	Revision int        `json:"revision"`
	Change   string     `json:"change"`
	Debits   string     `json:"debits"`
	Run      string     `json:"run_id"`
	AsOf     string     `json:"as_of"`
	Corrects string     `json:"corrects,omitempty"`
	Files    []fileSaid `json:"posting_files,omitempty"`
}

// exceptionSaid is an exception of a thing with what became of it.
type exceptionSaid struct {
	ID     string     `json:"id"`
	Reason string     `json:"reason"`
	Text   string     `json:"reason_text"`
	Status string     `json:"status"`
	Steps  []stepSaid `json:"history,omitempty"`
}

type stepSaid struct {
	Run    string `json:"run_id"`
	AsOf   string `json:"as_of"`
	Reason string `json:"reason"`
	Status string `json:"status"`
	Cause  string `json:"cause,omitempty"`
}

// versionSaid is what one run made of a thing.
type versionSaid struct {
	Run     string `json:"run_id"`
	From    string `json:"date_from"`
	To      string `json:"date_to"`
	AsOf    string `json:"as_of"`
	Outcome string `json:"outcome"`
}
