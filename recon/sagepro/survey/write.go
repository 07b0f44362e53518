package survey

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tieout/recon/carddata"
)

// Write writes the survey as a text of plain lines. The instant and the source are for the reader alone.
func (s *Survey) Write(to io.Writer, taken time.Time, source string) error {
	w := &writer{Writer: bufio.NewWriter(to)}
	w.line("TIEOUT SITE SURVEY OF SAGE PRO")
	w.line("taken     %s", taken.Format("2006-01-02 15:04 MST"))
	w.line("source    %s", source)
	w.line("mapping   generation %s, company %s, code page %s where a table names none", s.Plan.Generation, s.Plan.Company, s.Plan.CodePage)
	w.line("This file holds structures, counts, status codes and masked keys. Nothing was written to the ERP.")
	w.faults(s.Faults)
	w.overview(s)
	for i := range s.Tables {
		w.table(&s.Tables[i])
	}
	w.structures(s)
	w.questions()
	return w.Flush()
}

type writer struct{ *bufio.Writer }

func (w *writer) line(form string, args ...any) { fmt.Fprintf(w, form+"\n", args...) }

func (w *writer) title(text string) { w.line("\n%s\n%s", text, strings.Repeat("-", len(text))) }

func (w *writer) faults(faults []string) {
	w.title(fmt.Sprintf("1. What must be settled first: %d", len(faults)))
	if len(faults) == 0 {
		w.line("Nothing: every table and column of the mapping is there, and every status is explained.")
	}
	for i, f := range faults {
		w.line("%3d. %s", i+1, f)
	}
}

func (w *writer) overview(s *Survey) {
	w.title("2. Tables that tieout reads")
	w.line("%-9s %-36s %9s %9s  %-7s %-6s %s", "table", "for", "live", "deleted", "version", "page", "file")
	for i := range s.Tables {
		f := &s.Tables[i]
		switch {
		case f.Path == "" && f.Want.Optional:
			w.line("%-9s %-36s not there, and not needed", f.Want.Name, f.Want.For)
		case f.Path == "":
			w.line("%-9s %-36s MISSING", f.Want.Name, f.Want.For)
		case f.Fault != "":
			w.line("%-9s %-36s CANNOT BE READ  %s", f.Want.Name, f.Want.For, f.Path)
		default:
			memo := ""
			if f.Memo != "" {
				memo = ", memo file " + f.Memo
			}
			version := "-"
			if f.Version != 0 {
				version = fmt.Sprintf("0x%02X", f.Version)
			}
			w.line("%-9s %-36s %9d %9d  %-7s %-6s %s%s", f.Want.Name, f.Want.For, f.Rows-f.Deleted, f.Deleted, version, cmp.Or(f.Page, "-"), f.Path, memo)
		}
	}
	if !s.Folder {
		return
	}
	w.line("\nOther tables in the folder: %d. They were not read.", len(s.Others))
	for _, f := range s.Others {
		w.line("  %-40s %9d rows %s", f.Path, f.Rows, f.Fault)
	}
}

// table shows the columns of the mapping as the rows fill them.
func (w *writer) table(f *Found) {
	if len(f.Columns) == 0 {
		return
	}
	w.title(fmt.Sprintf("%s: %s", strings.ToUpper(f.Want.Name), f.Want.For))
	for i := range f.Columns {
		c := &f.Columns[i]
		if c.Found == nil && c.Extra {
			w.line("  %-10s not there, and not needed", c.Name)
			continue
		}
		if c.Found == nil {
			w.line("  %-10s MISSING  %s", c.Name, c.Field)
			continue
		}
		w.line("  %-10s %-7s %-22s filled in %d of %d rows", c.Name, c.Found.Form, c.Field, c.Filled, f.Rows-f.Deleted)
		switch c.Use {
		case Key, Code:
			if len(c.Values)+len(c.Keys) == 0 { // no row has any
				continue
			}
		case Plain:
		}
		switch c.Use {
		case Code:
			w.codes(c)
		case Key:
			w.keys(c)
		case Plain:
		}
	}
}

// questions are what a survey needs and no table tells (sage-pro.md 9).
func (w *writer) questions() {
	w.title("4. What no table tells: please write the answers below")
	for i, q := range []string{
		"Edition and version of Sage Pro (Help, About), and what a reseller has added to it:",
		"Where an order or invoice keeps what the processor calls it (request id, authorization code, the web shop's own number):",
		"What lets a card payment be told from others (terms, a code, the customer):",
		"Who posts batches of the general ledger, when, and under which user id tieout's entries are to come in:",
		"Which imports there are for journals, orders and receipts, of Pro itself or of a reseller, and a sample file of each:",
		"When at night nobody works, and when reindexing, packing, backups and period closes run:",
		"How the account is made up (segments), and what each segment stands for:",
	} {
		w.line("%3d. %s\n", i+1, q)
	}
}

func form(kind byte, width, decimals int) string {
	switch {
	case decimals > 0 && kind != 'Y':
		return fmt.Sprintf("%c%d.%d", kind, width, decimals)
	case kind == 'C' || kind == 'N' || kind == 'F':
		return fmt.Sprintf("%c%d", kind, width)
	}
	return string(kind)
}

func (w *writer) codes(c *Seen) {
	if len(c.Values) > maxCodes || c.Found.Width > maxCode {
		w.line("             %d different values or more in %d characters: this is no code, and none is shown", len(c.Values), c.Found.Width)
		return
	}
	var all []string
	for _, v := range c.sorted() {
		shown := "blank"
		if v != "" {
			shown = carddata.Quote(v)
		}
		all = append(all, fmt.Sprintf("%s %d", shown, c.Values[v]))
	}
	w.line("             values: %s", strings.Join(all, ", "))
}

func (w *writer) keys(c *Seen) {
	w.line("             aligned: %d left, %d right, %d zero-filled", c.Aligned[0], c.Aligned[1], c.Aligned[2])
	var all []string
	for _, k := range c.Keys {
		all = append(all, fmt.Sprintf("%q", k))
	}
	w.line("             samples: %s", strings.Join(all, " "))
}

// structures list every column of the tables of the mapping: what a site has added is in them.
func (w *writer) structures(s *Survey) {
	w.title("3. Structures")
	for i := range s.Tables {
		f := &s.Tables[i]
		if len(f.Fields) == 0 {
			continue
		}
		w.line("%s, %d columns", f.Path, len(f.Fields))
		var row strings.Builder
		for _, c := range f.Fields {
			text := strings.ToLower(c.Name) + " " + c.Form
			if c.Nullable {
				text += " null"
			}
			if slices.Contains(s.Plan.NeverRead, strings.ToLower(c.Name)) || carddata.Column(c.Name) {
				text += " (never read)"
			}
			if row.Len()+len(text) > 110 {
				w.line("  %s", row.String())
				row.Reset()
			}
			row.WriteString(text + "; ")
		}
		w.line("  %s", row.String())
	}
}
