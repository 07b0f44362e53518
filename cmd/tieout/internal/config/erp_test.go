package config

import (
	"os"
	"slices"
	"strings"
	"testing"

	"tieout/recon"
	"tieout/recon/sagepro"
)

// companyText is the configuration of a company without documents.
const companyText = `
company: ACME
base_currency: CAD
time_zone: America/Toronto
merchants: {acme: {store: "100"}}
accounts:
  {clearing: "1150", cb_receivable: "1160", reserve: "1170", fx_clearing: "1190", ar: "1200", in_transit: "1015", deposits: "2150",
   unapplied: "2190", unidentified: "2195", tax: "2200", sales: "4000", returns: "4090", freight: "4100", surcharge: "4150",
   small_diff: "6990", fx_diff: "7200", gl_suspense: "9999"}
cash_accounts: {CAD: "1010"}
reports: reports
`

// runOf reads a configuration of the policy of the worked example with more behind it.
func runOf(t *testing.T, more string) (*Run, error) {
	t.Helper()
	text := companyText + more
	day := recon.NewDate(2026, 11, 23)
	return ReadRun("tieout.yaml", []byte(text), os.DirFS(t.TempDir()), Range{day, day, day})
}

// TestERP: what is said replaces what is known of the generation, and nothing else.
func TestERP(t *testing.T) {
	r, err := runOf(t, `
documents: {kind: dbf, folder: /mnt/pro, lookback_days: 90}
sage_pro:
  generation: g1
  company: "02"
  code_page: cp850
  applied_prior: paid
  own_reference: "^GW"
  never_read: [ssn]
  align: {sono: right}
  ids: {order: "O-{bare}"}
  order:
    header: {table: SOHEAD, history: ""}
    fields:
      number: orderno
      tax: ""
      status: {col: state, open: [" ", N], closed: [C, F], void: [X]}
      type: {conf: confirmed, order: [" "], exclude: [B, Q]}
      method: {col: pterms, values: {VISA: CARD, "*": OTHER}}
  order_line:
    header: {history: ""}
    components: {tax-ac: tax, " SHIP-AC": shipping}
  invoice_line:
    fields: {mark: {col: currhist, exclude: [X]}}
    add_up: true
  invoice:
    fields:
      store: {constant: "100"}
      request_id: {col: ccreqid, width: 26}
    dimensions: {department: dept, region: {col: terr, values: {MW: WEST, "*": EAST}}}
`)
	if err != nil {
		t.Fatal(err)
	}
	c, d := r.ERP, sagepro.DefaultCompany(sagepro.G1)
	status, kind := c.Order.Fields["status"], c.Order.Fields["type"]
	for what, ok := range map[string]bool{
		"door":        *r.Door == ERP{Kind: DBF, Folder: "/mnt/pro", Delimiter: ',', LookbackDays: 90} && r.Documents == "",
		"company":     c.Number == "02" && c.CodePage == "cp850" && c.Currency == "CAD" && c.Prior == "paid" && c.OwnReference.MatchString("GW1") && c.NeverRead[0] == "ssn",
		"ids":         c.IDs["order"] == "O-{bare}" && c.IDs["invoice"] == "I{number}",
		"tables":      c.Order.Table == "sohead" && c.Order.History == "" && c.Invoice.Table == "armast",
		"column":      c.Order.Fields["number"].Column == "orderno" && c.Order.Fields["tax"].Column == "" && c.Invoice.Fields["tax"].Column == "tax",
		"status":      status.Column == "state" && status.Values[""] == "open" && status.Values["F"] == "closed" && status.Values["X"] == "void" && len(status.Values) == 5,
		"type":        kind.Column == "sotype" && kind.Values["Q"] == "exclude" && kind.Values["R"] == "",
		"method":      c.Order.Fields["method"].Values["*"] == "OTHER" && c.Order.Fields["method"].Constant == "",
		"dimensions":  slices.Equal(c.Dimensions(), []string{"department", "region"}) && c.Invoice.Fields["document_region"].Values["MW"] == "WEST",
		"lines":       c.OrderLine.Table == "sotran" && c.OrderLine.History == "" && c.OrderLine.Components["TAX-AC"] == "tax" && c.OrderLine.Components["SHIP-AC"] == "shipping",
		"add up":      c.InvoiceLine.AddUp && !c.OrderLine.AddUp && c.InvoiceLine.Fields["mark"].Values["X"] == "exclude",
		"survey":      c.Align["sono"] == "right" && c.Invoice.Fields["request_id"].Width == 26,
		"constant":    c.Invoice.Fields["store"].Constant == "100",
		"not touched": c.Invoice.Fields["status"].Values["V"] == d.Invoice.Fields["status"].Values["V"],
	} {
		if !ok {
			t.Errorf("%s: %+v", what, c)
		}
	}
}

// TestFaultsOfTheERP are all reported, with key and line.
func TestFaultsOfTheERP(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"no mapping":         {"documents: {kind: dbf, folder: x}\n", "sage_pro: required"},
		"no folder":          {"documents: {kind: tables}\nsage_pro: {}\n", "documents.folder: required"},
		"no address":         {"documents: {kind: odbc}\nsage_pro: {}\n", "documents.address: required"},
		"a password":         {"documents: {kind: sqlserver, address: \"sqlserver://u:p@h/x\"}\nsage_pro: {}\n", "documents.address: it holds a password"},
		"another kind":       {"documents: {kind: paper, folder: x}\nsage_pro: {}\n", `documents.kind: "paper" is not known`},
		"another key":        {"documents: {kind: dbf, folder: x, colour: red}\nsage_pro: {}\n", "documents.colour: unknown key"},
		"a delimiter of two": {"documents: {kind: tables, folder: x, delimiter: \";;\"}\nsage_pro: {}\n", "documents.delimiter: one character"},
		"days before":        {"documents: {kind: dbf, folder: x, lookback_days: -1}\nsage_pro: {}\n", "lookback_days"},
		"generation":         {"documents: erp\nsage_pro: {generation: g7}\n", `sage_pro: generation "g7"`},
		"field":              {"documents: erp\nsage_pro:\n  invoice:\n    fields:\n      colour: red\n", "tieout.yaml:16: sage_pro.invoice.fields.colour: unknown field"},
		"field's key":        {"documents: erp\nsage_pro: {invoice: {fields: {amount: {size: 3}}}}\n", "sage_pro.invoice.fields.amount.size: unknown key"},
		"header's key":       {"documents: erp\nsage_pro: {invoice: {header: {name: x}}}\n", "sage_pro.invoice.header.name: unknown key"},
		"section":            {"documents: erp\nsage_pro: {invoices: {}}\n", "sage_pro.invoices: unknown key"},
		"secret":             {"documents: erp\nsage_pro: {invoice: {fields: {last4: cc_num}}}\n", "never read"},
		"meaning":            {"documents: erp\nsage_pro: {invoice: {fields: {type: {gift: [G]}}}}\n", `"gift"`},
		"id":                 {"documents: erp\nsage_pro: {ids: {order: S}}\n", "sage_pro.ids.order"},
		"dimensions":         {"documents: erp\nsage_pro: {receipt: {dimensions: {department: dept}}}\n", "sage_pro.receipt.dimensions: only invoices and orders"},
		"dimension's name":   {"documents: erp\nsage_pro: {order: {dimensions: {Department: dept}}}\n", `dimension "Department"`},
		"a secret dimension": {"documents: erp\nsage_pro: {order: {dimensions: {department: ccno}}}\n", "never read"},
		"component":          {"documents: erp\nsage_pro: {order_line: {components: {TAX: vat}}}\n", `item TAX means "vat"`},
		"components of none": {"documents: erp\nsage_pro: {order: {components: {TAX: tax}}}\n", "sage_pro.order.components: unknown key"},
		"add_up":             {"documents: erp\nsage_pro: {order_line: {add_up: maybe}}\n", "sage_pro.order_line.add_up: true or false"},
		"alignment":          {"documents: erp\nsage_pro: {align: {sono: middle}}\n", `align.sono "middle" is not known`},
		"width":              {"documents: erp\nsage_pro: {order: {fields: {request_id: {col: x, width: wide}}}}\n", "sage_pro.order.fields.request_id.width: a number"},
		"pattern":            {"documents: erp\nsage_pro: {own_reference: \"(\"}\n", "sage_pro.own_reference"},
		"no section":         {"documents: erp\nsage_pro: g3\n", "sage_pro: a section is needed"},
	} {
		_, err := runOf(t, c.text)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
