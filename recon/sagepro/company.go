package sagepro

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/carddata"
	"tieout/recon/sagepro/dbf"
)

// Company says where a company of the ERP keeps what: tables, columns and the
// meaning of stored values, by sage-pro.md 4. [DefaultCompany] is what public
// sources show of a generation; no site is like it, so everything can be said otherwise.
type Company struct {
	Generation   string // g1, g2, g3 or g4
	Number       string // of the company: the end of table names
	TableName    string // "{base}{company}"; in g4 "{base}"
	Schema       string // before table names in SQL: "PRO01.dbo"
	SystemSchema string // of the tables that belong to no company: "PROSYS.dbo"
	CodePage     string // of tables that name none
	Currency     string // of documents without a currency: the home currency

	Invoice, Order, Receipt Section
	InvoiceLine, OrderLine  Lines
	Customer, Item, Account Section
	Structure, Period       Section
	NextNumber              Section

	// IDs make the document ids: {number} is the number without blanks around
	// it, {bare} also without zeros in front.
	IDs map[string]string

	CreditSign   string            // of credit memos as stored: "negative" or "positive"
	OrderAmount  string            // "open": the amount column is what is still to come; "less_shipped": it is the whole, less what is shipped
	Prior        string            // what was applied before: "receipts", "paid" (the invoice's own column), or "none"
	OwnReference *regexp.Regexp    // references of receipts that come from our own postings, which are not counted again
	Align        map[string]string // how sites write numbers into a column, for a survey: left, right, zero, or auto for any
	NeverRead    []string          // columns that must not be read, beside those that never are
}

// Section is one kind of thing: the table of the current ones, its history twin, and the columns.
type Section struct {
	Table, History string
	Fields         map[string]Field
}

// Field is a fact of a section: a column, or a constant where the site has no column.
type Field struct {
	Column   string // "" with no Constant: not known
	Constant string
	Values   map[string]string // stored value to meaning; "*" is every other value
	Width    int               // characters that the column must have, for a survey; 0: what its use needs
}

var dimensionForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}$`)

// checkDimension says what is wrong with the name of a dimension.
func checkDimension(name string) error {
	switch {
	case !dimensionForm.MatchString(name):
		return fmt.Errorf("dimension %q: a name has 1 to 31 small letters, digits and underscores, and begins with a letter", name)
	case name == "store":
		return fmt.Errorf("dimension store: the store is a field of its own; map it there")
	}
	return nil
}

// SetDimension maps a dimension of the section's documents.
func (s *Section) SetDimension(name string, f Field) { s.Fields[recon.DimensionPrefix+name] = f }

// dimensions are the fields that are dimensions, sorted.
func (s *Section) dimensions() (fields []string) {
	for name := range s.Fields {
		if strings.HasPrefix(name, recon.DimensionPrefix) {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	return fields
}

// Dimensions are the names of all dimensions of documents, sorted, without [recon.DimensionPrefix].
func (c *Company) Dimensions() (names []string) {
	for _, field := range slices.Concat(c.Invoice.dimensions(), c.Order.dimensions()) {
		names = append(names, strings.TrimPrefix(field, recon.DimensionPrefix))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Generations of the ERP.
const (
	G1 = "g1" // SBT for DOS, FoxPro 2
	G2 = "g2" // Pro Series 2
	G3 = "g3" // Pro Series 6 and 7, Visual FoxPro
	G4 = "g4" // SQL Server edition
)

// Meanings of stored statuses and types.
const (
	meansOpen    = "open"
	meansClosed  = "closed"
	meansVoid    = "void"
	meansInvoice = "invoice"
	meansCredit  = "credit"
	meansReceipt = "open_receipt"
	meansOrder   = "order"
	meansReturn  = "return"
	meansExclude = "exclude"
)

func col(name string) Field { return Field{Column: name} }

func coded(name string, values map[string]string) Field { return Field{Column: name, Values: values} }

// DefaultCompany is the mapping of sage-pro.md 4 for a generation.
func DefaultCompany(generation string) *Company {
	c := &Company{
		Generation: generation, Number: "01", TableName: "{base}{company}", CodePage: "cp1252", Currency: "USD",
		Invoice:     Section{"armast", "arymst", invoiceFields()},
		Order:       Section{"somast", "soymst", orderFields()},
		Receipt:     Section{"arcash", "arycsh", receiptFields()},
		InvoiceLine: invoiceLines(), OrderLine: orderLines(),
		Customer: Section{Table: "arcust", Fields: map[string]Field{"number": col("custno"), "name": col("company"), "balance": col("balance"), "terms": col("pterms"), "gl_link": col("gllink"), "ar_account": col("aracct"), "currency": col("currency")}},
		Item:     Section{Table: "icitem", Fields: map[string]Field{"number": col("item"), "description": col("descrip"), "price": col("price"), "gl_link": col("gllink")}},
		Account: Section{Table: "glacnt", Fields: map[string]Field{
			"account": col("glacnt"), "description": col("gldesc"), "type": col("gltype"), "status": coded("glstat", map[string]string{"I": "inactive", "*": "active"}),
		}},
		Structure:  Section{Table: "glstru", Fields: map[string]Field{"id": col("segid"), "length": col("seglen"), "mask": col("segmask")}},
		Period:     Section{Table: "sycdfis", Fields: map[string]Field{"company": col("compid"), "period": col("yearprd"), "from": col("bdate"), "to": col("edate"), "locked": col("plocked"), "perm_locked": col("permlck")}},
		NextNumber: Section{Table: "sysdata", Fields: map[string]Field{"id": col("sysid"), "deleted": col("pass2"), "batch": col("str9"), "transaction": col("str10"), "order": {}}},
		IDs:        map[string]string{"invoice": "I{number}", "credit_memo": "{number}", "order": "S{number}"},
		CreditSign: "negative", OrderAmount: "open", Prior: "receipts", OwnReference: regexp.MustCompile(`^TO[0-9]{8}`),
	}
	switch generation {
	case G1:
		c.CodePage = "cp437"
		c.Item.Table = "arinvt"
		delete(c.Customer.Fields, "ar_account")
		c.Invoice.Fields["tax"], c.Invoice.Fields["currency"], c.Order.Fields["currency"] = col("tax"), Field{}, Field{}
	case G4:
		c.TableName = "{base}"
		c.NextNumber.Fields["order"] = col("int1")
	}
	return c
}

func orderFields() map[string]Field {
	return map[string]Field{
		"number": col("sono"), "customer": col("custno"), "entered": col("sodate"), "ordered": col("ordate"), "po_number": {}, "amount": col("ordamt"),
		"tax": col("tax"), "shipping": {}, "surcharge": {}, "shipped": col("shpamt"), "currency": coded("currid", nil),
		"status": coded("sostat", map[string]string{"": meansOpen, "C": meansClosed, "V": meansVoid}),
		"type":   coded("sotype", map[string]string{"": meansOrder, "R": meansReturn, "B": meansExclude}),
		"method": {Constant: "CARD"}, "merchant": {}, "store": {}, "request_id": {}, "auth_code": {}, "last4": {}, "changed": {},
	}
}

func invoiceFields() map[string]Field {
	return map[string]Field{
		"number": col("invno"), "customer": col("custno"), "date": col("invdte"), "order_no": col("ornum"), "amount": col("invamt"), "paid": col("paidamt"),
		"balance": col("balance"), "tax": {}, "shipping": {}, "surcharge": {}, "currency": coded("currid", nil),
		"status": coded("arstat", map[string]string{"V": meansVoid, "*": meansOpen}),
		"type":   coded("artype", map[string]string{"": meansInvoice, "N": meansInvoice, "C": meansCredit, "O": meansReceipt}),
		"method": {Constant: "CARD"}, "merchant": {}, "store": {}, "request_id": {}, "auth_code": {}, "last4": {}, "changed": {},
	}
}

func receiptFields() map[string]Field {
	return map[string]Field{
		"invoice": col("invno"), "date": col("dtepaid"), "amount": col("paidamt"), "discount": col("disamt"), "reference": col("refno"), "deleted": col("recdel"),
	}
}

// neverRead are the columns in which sites keep card data and passwords (R7).
func neverRead() []string {
	return []string{"cc_num", "ccno", "ccdate", "cc_exp", "password", "dlno", "dldate"}
}

// sections are all, by their name in a configuration.
func (c *Company) sections() map[string]*Section {
	return map[string]*Section{
		"invoice": &c.Invoice, "order": &c.Order, "receipt": &c.Receipt, "invoice_line": &c.InvoiceLine.Section, "order_line": &c.OrderLine.Section, "customer": &c.Customer, "item": &c.Item,
		"gl_account": &c.Account, "structure": &c.Structure, "periods": &c.Period, "next_number": &c.NextNumber,
	}
}

// Section is a section by its name in a configuration; nil if there is none of that name.
func (c *Company) Section(name string) *Section { return c.sections()[name] }

// Lines are the lines of that name in a configuration; nil if it is none of lines.
func (c *Company) Lines(name string) *Lines {
	return map[string]*Lines{"invoice_line": &c.InvoiceLine, "order_line": &c.OrderLine}[name]
}

// SectionNames are the names that Section takes, sorted.
func (c *Company) SectionNames() []string { return slices.Sorted(maps.Keys(c.sections())) }

// Check lists everything that is wrong with the mapping, each as one sentence.
func (c *Company) Check() (faults []error) {
	add := func(format string, args ...any) { faults = append(faults, fmt.Errorf("sage_pro: "+format, args...)) }
	if !slices.Contains([]string{G1, G2, G3, G4}, c.Generation) {
		add("generation %q is not known; it is g1, g2, g3 or g4", c.Generation)
	}
	if !strings.Contains(c.TableName, "{base}") {
		add("table_name %q has no {base} for the name of the table", c.TableName)
	}
	if !slices.Contains(dbf.CodePages(), c.CodePage) {
		add("code_page %q is not known; it is one of %s", c.CodePage, strings.Join(dbf.CodePages(), ", "))
	}
	if _, err := money.ParseCurrency(c.Currency); err != nil {
		add("currency: %v", err)
	}
	for _, choice := range []struct {
		key, value string
		of         []string
	}{
		{"credit_sign", c.CreditSign, []string{"negative", "positive"}},
		{"order_amount", c.OrderAmount, []string{"open", "less_shipped"}},
		{"applied_prior", c.Prior, []string{"receipts", "paid", "none"}},
	} {
		if !slices.Contains(choice.of, choice.value) {
			add("%s %q is not known; it is %s", choice.key, choice.value, strings.Join(choice.of, ", "))
		}
	}
	for _, column := range slices.Sorted(maps.Keys(c.Align)) {
		if !slices.Contains([]string{"left", "right", "zero", "auto"}, c.Align[column]) {
			add("align.%s %q is not known; it is left, right, zero, auto", column, c.Align[column])
		}
	}
	for _, name := range c.SectionNames() {
		faults = append(faults, c.checkSection(name, c.Section(name))...)
	}
	faults = append(faults, c.InvoiceLine.check("invoice_line", &c.Invoice)...)
	return append(faults, c.OrderLine.check("order_line", &c.Order)...)
}

func (c *Company) checkSection(name string, s *Section) (faults []error) {
	for _, field := range slices.Sorted(maps.Keys(s.Fields)) {
		f := s.Fields[field]
		if f.Column != "" && f.Constant != "" {
			faults = append(faults, fmt.Errorf("sage_pro: %s.%s has a column and a constant; keep one of them", name, field))
		}
		if c.isSecret(f.Column) {
			faults = append(faults, fmt.Errorf("sage_pro: %s.%s names column %s, which holds card data or passwords and is never read; take it out", name, field, f.Column))
		}
	}
	for _, field := range requiredFields(name) {
		if f := s.Fields[field]; s.Table != "" && f.Column == "" && f.Constant == "" {
			faults = append(faults, fmt.Errorf("sage_pro: %s.%s has neither a column nor a constant; add one", name, field))
		}
	}
	for _, field := range s.dimensions() {
		if err := checkDimension(strings.TrimPrefix(field, recon.DimensionPrefix)); err != nil {
			faults = append(faults, fmt.Errorf("sage_pro: %s: %w", name, err))
		}
	}
	return append(faults, c.checkMeanings(name, s)...)
}

// isSecret tells columns that are never read.
func (c *Company) isSecret(column string) bool {
	return column != "" && (slices.ContainsFunc(append(neverRead(), c.NeverRead...), func(n string) bool { return strings.EqualFold(n, column) }) || isSecret(column))
}

func requiredFields(section string) []string {
	return map[string][]string{
		"invoice": {"number", "date", "amount", "status", "type", "method"}, "order": {"number", "ordered", "amount", "status", "type", "method"},
		"receipt": {"invoice", "amount", "date"}, "invoice_line": {"number", "date", "item", "amount"}, "order_line": {"number", "date", "item", "amount"}, "gl_account": {"account", "status"}, "structure": {"id", "length", "mask"},
		"periods": {"period", "from", "to"}, "customer": {"number"}, "item": {"number"}, "next_number": {"id"},
	}[section]
}

func (c *Company) checkMeanings(name string, s *Section) (faults []error) {
	for field, allowed := range map[string][]string{
		"invoice.status": {meansOpen, meansVoid, meansClosed}, "invoice.type": {meansInvoice, meansCredit, meansReceipt, meansExclude},
		"order.status": {meansOpen, meansClosed, meansVoid}, "order.type": {meansOrder, meansReturn, meansExclude}, "gl_account.status": {"active", "inactive"},
		"invoice_line.status": {meansOpen, meansClosed, meansVoid}, "order_line.status": {meansOpen, meansClosed, meansVoid},
		"invoice_line.mark": {meansExcluded, meansIncluded}, "order_line.mark": {meansExcluded, meansIncluded},
	} {
		section, key, _ := strings.Cut(field, ".")
		if section != name {
			continue
		}
		for _, meaning := range slices.Sorted(maps.Values(s.Fields[key].Values)) {
			if !slices.Contains(allowed, meaning) {
				faults = append(faults, fmt.Errorf("sage_pro: %s means %q, which is not known; it is %s", field, meaning, strings.Join(allowed, ", ")))
			}
		}
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return faults
}

// FileName is the name of a table as the company has it, without an ending.
func (c *Company) FileName(base string) string { return c.name(base) }

// name is the name of a table as the company has it. System tables belong to all companies.
func (c *Company) name(base string) string {
	if isSystem(base) {
		return base
	}
	return strings.NewReplacer("{base}", base, "{company}", c.Number).Replace(c.TableName)
}

func isSystem(table string) bool { return strings.HasPrefix(strings.ToLower(table), "sy") }

// columns are the columns that a section needs, each once, sorted; and for each field its place among them.
func (s *Section) columns() (columns []string, at map[string]int) {
	for _, f := range s.Fields {
		if f.Column != "" && !slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, f.Column) }) {
			columns = append(columns, strings.ToLower(f.Column))
		}
	}
	slices.Sort(columns)
	columns = slices.Compact(columns)
	at = map[string]int{}
	for name, f := range s.Fields {
		at[name] = slices.Index(columns, strings.ToLower(f.Column))
	}
	return columns, at
}

// meaning translates a stored value; an unlisted one has none.
func (f *Field) meaning(stored string) (string, bool) {
	m, ok := f.Values[stored]
	if !ok {
		m, ok = f.Values["*"]
	}
	return m, ok
}

// hasCard tells whether a text that the ERP let people type holds a card number.
func hasCard(text []byte) bool {
	return len(text) >= 13 && !isRequestID(string(text)) && carddata.Hidden(string(text))
}
