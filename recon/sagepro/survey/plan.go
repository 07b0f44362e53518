// Package survey looks at an ERP before tieout reads it for the first time: it
// opens every table, compares it with what a [Plan] wants of it, and writes one
// text that an administrator can send. Start at [Take].
//
// The text holds structures, counts, status codes and masked keys, and nothing
// of what a table says about a customer or a price. All that is missing is said
// at once, for a survey takes somebody's evening.
//
// What must never come in: a value of a column that the plan does not call a
// code or a key, and a write.
package survey

import "slices"

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
	Name     string
	Use      Use
	Optional bool     // can be left out of the mapping
	Width    int      // at least so many characters; 0: any
	Known    []string // values of a code that the mapping explains; nil: all are
}

// Table is a table that tieout reads.
type Table struct {
	Name     string // without the company's number
	For      string // what it is read for
	Optional bool
	System   bool // belongs to all companies: no number behind the name
	Columns  []Column
}

// Plan is what tieout wants of an ERP.
type Plan struct {
	Generation, Company string
	CodePage            string // of tables that name none
	NeverRead           []string
	Tables              []Table
}

// Default is the plan for a stock installation of a generation (sage-pro.md 4).
func Default(generation, company string) Plan {
	p := Plan{
		Generation: generation, Company: company, CodePage: "cp1252",
		NeverRead: []string{"cc_num", "ccno", "ccdate", "cc_exp", "password", "dlno", "dldate"},
	}
	if generation == "g1" {
		p.CodePage = "cp437"
	}
	money := func(names ...string) (all []Column) {
		for _, name := range names {
			all = append(all, Column{Name: name})
		}
		return all
	}
	order := slices.Concat(
		[]Column{{Name: "sono", Use: Key, Width: 8}, {Name: "custno", Use: Key}}, money("sodate", "ordate", "ponum", "ordamt", "tax", "shpamt"),
		[]Column{{Name: "sostat", Use: Code, Known: []string{"", "C", "V"}}, {Name: "sotype", Use: Code, Known: []string{"", "R", "B"}}, {Name: "pterms", Use: Code}},
	)
	invoice := slices.Concat(
		[]Column{{Name: "invno", Use: Key, Width: 6}, {Name: "custno", Use: Key}, {Name: "ornum", Use: Key}},
		money("invdte", "ponum", "invamt", "paidamt", "balance", "tax"),
		[]Column{{Name: "arstat", Use: Code, Known: []string{"", "V"}}, {Name: "artype", Use: Code, Known: []string{"", "N", "C", "O"}}, {Name: "pterms", Use: Code}},
		[]Column{{Name: "refno", Optional: true}, {Name: "dtepaid", Optional: true}},
	)
	receipt := slices.Concat([]Column{{Name: "invno", Use: Key}, {Name: "custno", Use: Key}}, money("dtepaid", "paidamt", "disamt", "refno"),
		[]Column{{Name: "recdel", Use: Code, Optional: true}})
	line := slices.Concat([]Column{{Name: "item"}}, money("qtyord", "qtyshp", "price", "extprice"))
	item := Table{Name: "icitem", For: "items", Optional: true, Columns: money("item", "descrip", "price")}
	if generation != "g1" {
		order = append(order, Column{Name: "currid", Use: Code}, Column{Name: "bordamt"}, Column{Name: "websono", Optional: true})
		invoice = append(invoice, Column{Name: "currid", Use: Code, Optional: true})
	} else {
		item.Name = "arinvt"
	}
	p.Tables = []Table{
		{Name: "somast", For: "orders", Columns: order},
		{Name: "soymst", For: "orders, history", Columns: order, Optional: true},
		{Name: "sotran", For: "order lines", Columns: append([]Column{{Name: "sono", Use: Key}}, line...)},
		{Name: "soytrn", For: "order lines, history", Columns: append([]Column{{Name: "sono", Use: Key}}, line...), Optional: true},
		{Name: "soaddr", For: "addresses of orders", Optional: true, Columns: []Column{{Name: "sono", Use: Key}, {Name: "adtype", Use: Code}}},
		{Name: "armast", For: "invoices and credit memos", Columns: invoice},
		{Name: "arymst", For: "invoices and credit memos, history", Columns: invoice, Optional: true},
		{Name: "artran", For: "invoice lines", Columns: append([]Column{{Name: "invno", Use: Key}}, line...)},
		{Name: "arytrn", For: "invoice lines, history", Columns: append([]Column{{Name: "invno", Use: Key}}, line...), Optional: true},
		{Name: "arcash", For: "receipts", Columns: receipt},
		{Name: "arycsh", For: "receipts, history", Columns: receipt, Optional: true},
		{Name: "arcust", For: "customers", Columns: []Column{
			{Name: "custno", Use: Key, Width: 6},
			{Name: "company"},
			{Name: "balance"},
			{Name: "pterms"},
			{Name: "gllink", Use: Code},
			{Name: "currency", Use: Code},
			{Name: "credstat", Use: Code, Optional: true},
			{Name: "aracct", Optional: true},
		}},
		item,
		{Name: "glacnt", For: "chart of accounts", Columns: []Column{
			{Name: "glacnt", Use: Key}, {Name: "gldesc"}, {Name: "glstat", Use: Code}, {Name: "gltype", Use: Code, Optional: true},
		}},
		{Name: "glstru", For: "account mask", Optional: true, Columns: []Column{{Name: "segid"}, {Name: "seglen"}, {Name: "segmask", Use: Code}}},
		{Name: "sycdfis", For: "fiscal calendar", System: true, Columns: []Column{
			{Name: "compid", Use: Code}, {Name: "yearprd", Use: Code}, {Name: "bdate"}, {Name: "edate"}, {Name: "plocked", Use: Code}, {Name: "permlck", Use: Code},
		}},
		{Name: "sysdata", For: "next numbers", System: true, Optional: true, Columns: []Column{{Name: "sysid", Use: Code}, {Name: "int1"}, {Name: "str9"}, {Name: "str10"}}},
	}
	return p
}
