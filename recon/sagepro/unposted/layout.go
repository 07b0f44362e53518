package unposted

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tieout/ledger/money"
	"tieout/ledger/posting"
	"tieout/recon"
	"tieout/recon/sagepro/dbf"
)

// Layout is what a site's importer takes. Widths and constants of columns are
// not confirmed anywhere, so a site can say its own. The zero Layout is CSV in cp1252.
type Layout struct {
	DBF       bool           // new tables instead of CSV
	Version   byte           // of new tables: 0x30, or 0x03
	CodePage  string         // of texts: cp1252 unless said
	Dates     string         // of CSV, as Go writes the reference day: 2006-01-02 unless said
	Company   string         // the company's number in the ERP
	Widths    map[string]int // of columns of characters, by name in lower case; 0 leaves the column out
	Constants map[string]string

	// Account is the form in which the ERP stores an account, or why it cannot be
	// booked to: 1150-100 for 1150100 under the mask 9999-999. nil: as it is.
	Account func(number string) (stored string, err error)
	// Period is the fiscal period of a day, yyyy and two digits: 202613. An error
	// says why nothing can be posted on that day. It is required.
	Period func(recon.Date) (string, error)
}

// Tables of a batch, in the order of the files.
const (
	Batches = "GLBTCH"
	Headers = "GLHUNP"
	Details = "GLDUNP"
)

// column is a column of a table: its place in a row is its place in the list.
type column struct {
	name  string
	kind  byte
	width int
}

// usual are the columns of the tables by sage-pro.md 2.8. Blank ones are the importer's.
func usual() map[string][]column {
	audit := []column{{"adduser", 'C', 4}, {"adddate", 'D', 8}, {"addtime", 'C', 8}}
	return map[string][]column{
		Batches: append([]column{
			{"batchno", 'C', 6},
			{"bdesc", 'C', 30},
			{"yearprd", 'C', 6},
			{"bref", 'C', 24},
			{"lowseq", 'C', 6},
			{"uppseq", 'C', 6},
			{"btype", 'C', 1},
			{"bstat", 'C', 1},
			{"ctrltot", 'N', 20},
			{"drtotal", 'N', 20},
			{"crtotal", 'N', 20},
		}, append(audit, column{"tobatch", 'C', 40}, column{"toentries", 'N', 10}, column{"tolines", 'N', 10})...),
		Headers: append([]column{
			{"batchno", 'C', 6},
			{"glseqno", 'C', 6},
			{"subno", 'C', 6},
			{"gltdes", 'C', 35},
			{"glrefr", 'C', 20},
			{"gldate", 'D', 8},
			{"yearprd", 'C', 6},
			{"status", 'C', 1},
			{"trtype", 'C', 1},
			{"glmodule", 'C', 2},
			{"glcomp", 'C', 2},
			{"glrevrs", 'C', 1},
			{"revper", 'C', 2},
			{"revyear", 'C', 4},
		}, append(audit, column{"tobatch", 'C', 40}, column{"toentry", 'C', 20}, column{"tolines", 'N', 10})...),
		Details: append([]column{
			{"glacnt", 'C', 24}, {"batchno", 'C', 6}, {"glseqno", 'C', 6}, {"gltdes", 'C', 35}, {"gldamnt", 'N', 20}, {"glcamnt", 'N', 20}, {"credit", 'L', 1}, {"subdetl", 'C', 1},
		}, append(audit, column{"tobatch", 'C', 40}, column{"toentry", 'C', 20}, column{"toline", 'N', 10})...),
	}
}

// fixed are the values that every row has, by column; "" is left blank.
func fixed() map[string]string {
	return map[string]string{"btype": "Z", "bstat": "U", "status": "U", "trtype": "Z", "glmodule": "TO", "glrevrs": "N", "adduser": "TIEO"}
}

// needed are columns without which a batch cannot be read back.
func needed() []string {
	return []string{"bref", "yearprd", "glrefr", "glacnt", "tobatch", "toentry"}
}

// Check lists all that is wrong with the layout.
func (l Layout) Check() (faults []posting.LayoutFault) {
	add := func(option, format string, args ...any) {
		faults = append(faults, posting.LayoutFault{Option: option, Message: fmt.Sprintf(format, args...)})
	}
	l = l.withDefaults()
	if l.Version != 0x03 && l.Version != 0x30 {
		add("version", "0x%02X: 0x30 (Visual FoxPro) or 0x03 (FoxPro 2) is needed", l.Version)
	}
	if !dbf.Writes(l.CodePage) {
		add("code_page", "%q: a code page that the header of a table can name is needed, such as cp1252 or cp437", l.CodePage)
	}
	if day := time.Date(2089, 11, 26, 0, 0, 0, 0, time.UTC); !l.dates(day) {
		add("date_format", "%q: year in four digits, month and day are needed, as in 2006-01-02 or 01/02/2006", l.Dates)
	}
	characters := map[string]int{}
	for _, columns := range usual() {
		for _, c := range columns {
			if c.kind == 'C' {
				characters[c.name] = c.width
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.Widths)) {
		switch width := l.Widths[name]; {
		case characters[name] == 0:
			add("widths."+name, "unknown column of characters; there are %s", strings.Join(slices.Sorted(maps.Keys(characters)), ", "))
		case width < 0 || width > 254:
			add("widths."+name, "%d: 1 to 254, or 0 to leave the column out", width)
		case width == 0 && slices.Contains(needed(), name):
			add("widths."+name, "the column cannot be left out: nothing could be told apart without it")
		}
	}
	return append(faults, l.checkConstants()...)
}

func (l Layout) checkConstants() (faults []posting.LayoutFault) {
	add := func(name, format string, args ...any) {
		faults = append(faults, posting.LayoutFault{Option: "constants." + name, Message: fmt.Sprintf(format, args...)})
	}
	known := fixed()
	for _, name := range slices.Sorted(maps.Keys(l.Constants)) {
		if _, ok := known[name]; !ok {
			add(name, "unknown constant; there are %s", strings.Join(slices.Sorted(maps.Keys(known)), ", "))
			continue
		}
		if w := l.constantWidth(name); len(l.Constants[name]) > w {
			add(name, "%q is longer than the %d characters of its column", l.Constants[name], w)
		}
	}
	return faults
}

// constantWidth is the width of the column of a constant.
func (l Layout) constantWidth(name string) int {
	return max(l.widthOf(Batches, name), l.widthOf(Headers, name), l.widthOf(Details, name))
}

// dates tells whether the form of dates of CSV brings every day back.
func (l Layout) dates(day time.Time) bool {
	back, err := time.Parse(l.Dates, day.Format(l.Dates))
	return err == nil && back.Equal(day)
}

func (l Layout) withDefaults() Layout {
	if l.Version == 0 {
		l.Version = 0x30
	}
	if l.CodePage == "" {
		l.CodePage = "cp1252"
	}
	if l.Dates == "" {
		l.Dates = time.DateOnly
	}
	constants := fixed()
	maps.Copy(constants, l.Constants)
	l.Constants = constants
	if l.Account == nil {
		l.Account = func(number string) (string, error) { return number, nil }
	}
	return l
}

// width is the site's width of a column, or the usual one.
func (l Layout) width(c column) int {
	if w, said := l.Widths[c.name]; said && c.kind == 'C' {
		return w
	}
	return c.width
}

// widthOf is the width of a column of a table; 0: it is left out.
func (l Layout) widthOf(table, name string) int {
	for _, c := range usual()[table] {
		if c.name == name {
			return l.width(c)
		}
	}
	return 0
}

// fields are the columns of a table as the site has them; amounts have the base currency's decimals.
func (l Layout) fields(table string, base money.Currency) []dbf.Field {
	var all []dbf.Field
	for _, c := range usual()[table] {
		f := dbf.Field{Name: strings.ToUpper(c.name), Type: c.kind, Width: l.width(c)}
		if c.kind == 'N' && c.width == 20 {
			f.Decimals = base.Digits()
		}
		if f.Width > 0 {
			all = append(all, f)
		}
	}
	return all
}
