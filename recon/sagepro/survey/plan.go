// Package survey looks at an ERP before tieout reads it for the first time: it
// opens every table, compares it with what a mapping names, and writes one text
// that an administrator can send. Start at [Take].
//
// The text holds structures, counts, status codes and masked keys, and nothing
// of what a table says about a customer or a price. All that is missing is said
// at once, for a survey takes somebody's evening.
//
// What must never come in: a value of a column that is neither a code nor a key, and a write.
package survey

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"tieout/recon"
	"tieout/recon/sagepro"
)

// Use is what the survey may show of a column.
type Use int

// The uses of columns.
const (
	Plain Use = iota // how many rows have a value
	Code             // the values in use, and how often
	Key              // how values are aligned, and ten of them masked
)

// Column is a column that tieout reads.
type Column struct {
	Name  string
	Field string // what it is read as: invoice.number
	Use   Use
	Width int    // at least so many characters; 0: any
	Align string // of a key: left, right or zero; "": any
	// Amount columns must be exact. Extra columns are of interest and nothing is amiss without them.
	Amount, Extra bool
	Known         []string // values of a code that the mapping explains; nil: all are
}

// Table is a table that tieout reads.
type Table struct {
	Name     string // without the company's number
	File     string // as it is called in the folder, in small letters
	For      string // what it is read for
	Optional bool   // nobody needs it for documents
	Columns  []Column
}

// Plan is what tieout wants of an ERP.
type Plan struct {
	Generation, Company string
	CodePage            string // of tables that name none
	NeverRead           []string
	Tables              []Table
}

// PlanOf is what a mapping names, and what else a survey is about (sage-pro.md
// 9). Merchant ids of so many characters must fit their column.
func PlanOf(c *sagepro.Company, merchant int) Plan {
	p := Plan{Generation: c.Generation, Company: c.Number, CodePage: c.CodePage, NeverRead: c.NeverRead}
	for _, name := range []string{"order", "order_line", "invoice", "invoice_line", "receipt", "customer", "item", "gl_account", "structure", "periods", "next_number"} {
		s := c.Section(name)
		for i, table := range []string{s.Table, s.History} {
			if table == "" {
				continue
			}
			t := Table{Name: table, File: fileOf(c, table), For: name + []string{"", ", history"}[i], Optional: !c.NeedsForDocuments(name)}
			for _, field := range slices.Sorted(maps.Keys(s.Fields)) {
				if f := s.Fields[field]; f.Column != "" {
					t.Columns = append(t.Columns, columnOf(c, name, field, merchant))
				}
			}
			if c.Lines(name) != nil && t.Optional { // nobody reads them: how many there are is enough
				t.Columns = []Column{{Name: strings.ToLower(s.Fields["number"].Column), Field: name + ".number", Use: Key, Extra: true}}
			}
			p.Tables = append(p.Tables, t)
		}
	}
	for _, t := range []Table{
		{Name: "soaddr", For: "addresses of orders, not read", Columns: []Column{{Name: "sono", Use: Key, Extra: true}}},
		{Name: "soyadr", For: "the same, history", Columns: []Column{{Name: "sono", Use: Key, Extra: true}}},
		{Name: "syccomp", For: "companies", Columns: []Column{{Name: "compid", Use: Code, Extra: true}, {Name: "currid", Use: Code, Extra: true}}},
	} {
		t.File, t.Optional = fileOf(c, t.Name), true
		p.Tables = append(p.Tables, t)
	}
	return p
}

func fileOf(c *sagepro.Company, table string) string { return strings.ToLower(c.FileName(table)) }

func columnOf(of *sagepro.Company, section, field string, merchant int) Column {
	f := of.Section(section).Fields[field]
	name := strings.ToLower(f.Column)
	c := Column{Name: name, Field: section + "." + field, Use: useOf(section, field), Align: of.Align[name], Amount: sagepro.IsAmount(field)}
	switch field {
	case "request_id":
		c.Width = 22 // the processor's ids have 22 digits and more
	case "auth_code":
		c.Width = 6
	case "last4":
		c.Width = 4
	case "merchant":
		c.Width = merchant
	}
	c.Width = cmp.Or(f.Width, c.Width)
	if _, all := f.Values["*"]; !all && len(f.Values) > 0 {
		c.Known = slices.Sorted(maps.Keys(f.Values))
	}
	return c
}

// useOf tells the columns that hold keys, and those that hold codes of a few values.
func useOf(section, field string) Use {
	switch field {
	case "number", "customer", "order_no", "invoice", "account":
		return cmp.Or(map[string]Use{"next_number": Plain}[section], Key)
	case "status", "type", "mark", "method", "currency", "merchant", "store", "deleted", "locked", "perm_locked", "gl_link", "terms", "mask", "period", "company":
		return Code
	}
	if strings.HasPrefix(field, recon.DimensionPrefix) {
		return Code
	}
	return Plain
}
