package config

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"tieout/recon/sagepro"
)

// ERP is where a run takes its documents from, if not from files that somebody
// lays down, and sage_pro what the site has otherwise than its generation:
//
//	documents: {kind: dbf, folder: /mnt/pro, lookback_days: 60}      # or tables: CSV exports of whole tables
//	documents: {kind: sqlserver, address: "sqlserver://reader@erp", password_file: erp.password}
//	sage_pro:
//	  generation: g3               # g1 DOS, g2 Pro 2, g3 Visual FoxPro, g4 SQL Server
//	  company: "01"
//	  table_name: "{base}{company}"
//	  schema: PRO01.dbo            # of SQL, and system_schema
//	  code_page: cp1252            # of tables that name none
//	  currency: USD                # of documents that name none
//	  credit_sign: negative        # of credit memos as stored
//	  order_amount: open           # or less_shipped: the column is the whole
//	  applied_prior: receipts      # or paid, or none
//	  own_reference: "^TO[0-9]{8}" # receipts of tieout's own postings
//	  ids: {invoice: "I{number}", credit_memo: "{number}", order: "S{bare}"}
//	  never_read: [ssn]            # beside the columns that never are
//	  align: {sono: right}         # how numbers are written, for check --survey: left, right, zero, auto
//	  order:                       # and invoice, receipt, customer, item, gl_account, structure, periods, next_number
//	    header: {table: somast, history: soymst}
//	    fields:
//	      po_number: ponum                                     # the name of a column
//	      request_id: {col: ccreqid, width: 26}                # characters it must have, for check
//	      store: {constant: "100"}
//	      status: {col: sostat, open: [" "], closed: [C], void: [V]}
//	      method: {col: pterms, values: {VISA: CARD, "*": CHECK}}
//	      tax: ""                                              # the site has none
//	    dimensions: {department: dept, region: {col: terr, values: {MW: WEST, "*": EAST}}} # for rules
//	  order_line:                  # and invoice_line; read only if one of these is said
//	    components: {TAX-AC: tax, SHIP-AC: shipping}           # items that are no goods
//	    add_up: true               # a document that is not what its lines say is refused
//
// `tieout check --survey FILE` writes down what the tables of a site are like.
type ERP struct {
	Kind         string // dbf, tables, sqlserver or odbc
	Folder       string // of DBF tables, or of their CSV exports
	Address      string // of the SQL Server or the ODBC source; without a password
	PasswordFile string // "" for none
	Delimiter    rune   // of exports, as the next two
	Encoding     string
	DateFormat   string
	LookbackDays int // how long before the first day of a run documents are of interest; those that an open item waits for always are
}

// The doors to the ERP.
const (
	DBF       = "dbf"
	Tables    = "tables"
	SQLServer = "sqlserver"
	ODBC      = "odbc"
)

// readDoor reads a documents section that names a door to the ERP. It takes the
// section away, so that no mapping of an export is looked for in it.
func (s *sheet) readDoor() *ERP {
	section, ok := s.values["documents"].(map[string]any)
	if !ok || section["kind"] == nil {
		return nil
	}
	s.known["documents"] = true
	d := s.inside("documents", section)
	e := &ERP{
		Kind: d.str("kind", ""), Folder: d.str("folder", ""), Address: d.str("address", ""), PasswordFile: d.str("password_file", ""),
		Encoding: d.str("encoding", ""), DateFormat: d.str("date_format", ""), LookbackDays: d.integer("lookback_days", 60),
	}
	if delimiter := []rune(d.str("delimiter", ",")); len(delimiter) == 1 {
		e.Delimiter = delimiter[0]
	} else {
		d.fault("delimiter", "one character is needed")
	}
	d.checkDoor(e)
	d.close(s)
	delete(s.values, "documents")
	return e
}

func (s *sheet) checkDoor(e *ERP) {
	switch e.Kind {
	case DBF, Tables:
		if e.Folder == "" {
			s.fault("folder", "required: where the tables of the ERP lie")
		}
	case SQLServer, ODBC:
		if e.Address == "" {
			s.fault("address", "required: the address of the server, or the ODBC source")
		}
		if holdsPassword(e.Address) {
			s.fault("address", "it holds a password; keep that in a file of its own and name it with password_file")
		}
	default:
		s.fault("kind", "%q is not known; it is dbf, tables, sqlserver or odbc", e.Kind)
	}
	if e.LookbackDays < 0 {
		s.fault("lookback_days", "a number of days is needed")
	}
}

// holdsPassword tells an address with a password in it, in the form of a URL or of an ODBC source.
func holdsPassword(address string) bool {
	if u, err := url.Parse(address); err == nil && u.User != nil {
		if _, has := u.User.Password(); has {
			return true
		}
	}
	return passwordForm.MatchString(address)
}

var passwordForm = regexp.MustCompile(`(?i)(^|[;?&\s])(pwd|password)\s*=\s*[^;&\s]`)

// inside is the sheet of a section.
func (s *sheet) inside(key string, section map[string]any) *sheet {
	return &sheet{name: s.name, values: section, known: map[string]bool{}, below: key + "."}
}

// close reports what nobody asked for in the sheet of a section, and hands its faults up.
func (s *sheet) close(above *sheet) {
	s.unknown()
	for _, f := range s.faults {
		above.fault(s.below+f.key, "%s", f.message)
	}
}

// readERP reads the mapping of the ERP's tables: the default of its generation, and what the site has otherwise.
func (s *sheet) readERP(p *Policy) {
	v, ok := s.value("sage_pro")
	if !ok {
		return
	}
	section, ok := v.(map[string]any)
	if !ok {
		s.fault("sage_pro", "a section is needed, with generation, company and what the site has otherwise")
		return
	}
	d := s.inside("sage_pro", section)
	c := sagepro.DefaultCompany(d.str("generation", sagepro.G3))
	for key, to := range map[string]*string{
		"company": &c.Number, "table_name": &c.TableName, "schema": &c.Schema, "system_schema": &c.SystemSchema, "code_page": &c.CodePage,
		"credit_sign": &c.CreditSign, "order_amount": &c.OrderAmount, "applied_prior": &c.Prior,
	} {
		*to = d.str(key, *to)
	}
	if c.Currency = d.str("currency", ""); c.Currency == "" && p.Recon.Base != 0 {
		c.Currency = p.Recon.Base.String()
	}
	c.NeverRead, c.Align = d.list("never_read", nil), d.texts("align")
	if pattern := d.str("own_reference", ""); pattern != "" {
		re, err := regexp.Compile(pattern)
		if err != nil {
			d.fault("own_reference", "%v", err)
		}
		c.OwnReference = re
	}
	for kind, template := range d.texts("ids") {
		if _, known := c.IDs[kind]; !known || !strings.Contains(template, "{number}") && !strings.Contains(template, "{bare}") {
			d.fault("ids."+kind, "%q: invoice, credit_memo and order have ids, made of {number} or {bare}", template)
		}
		c.IDs[kind] = template
	}
	for _, name := range c.SectionNames() {
		d.readSection(name, c)
	}
	d.close(s)
	for _, err := range c.Check() {
		s.fault("sage_pro", "%s", strings.TrimPrefix(err.Error(), "sage_pro: "))
	}
	p.ERP = c
}

// readSection reads the tables and fields of one kind of thing.
func (s *sheet) readSection(name string, c *sagepro.Company) {
	to := c.Section(name)
	v, ok := s.value(name)
	if !ok {
		return
	}
	section, ok := v.(map[string]any)
	if !ok {
		s.fault(name, "a section with header and fields is needed")
		return
	}
	d := s.inside(name, section)
	for table, text := range d.texts("header") {
		switch table {
		case "table":
			to.Table = strings.ToLower(text)
		case "history":
			to.History = strings.ToLower(text)
		default:
			d.fault("header."+table, "unknown key; a header has a table and a history")
		}
	}
	fields, _ := d.value("fields")
	given, _ := fields.(map[string]any)
	for _, field := range slices.Sorted(maps.Keys(given)) {
		current, known := to.Fields[field]
		if !known {
			d.fault("fields."+field, "unknown field; %s has %s", name, strings.Join(slices.Sorted(maps.Keys(to.Fields)), ", "))
			continue
		}
		to.Fields[field] = d.readField("fields."+field, given[field], current)
	}
	d.readDimensions(name, to)
	if lines := c.Lines(name); lines != nil {
		lines.Components = upperKeys(d.texts("components"))
		if v, ok := d.value("add_up"); ok {
			lines.AddUp = d.flag("add_up", v)
		}
	}
	d.close(s)
}

// upperKeys are items as the ERP stores them.
func upperKeys(texts map[string]string) map[string]string {
	all := map[string]string{}
	for item, component := range texts {
		all[strings.ToUpper(strings.TrimSpace(item))] = component
	}
	return all
}

// readDimensions reads the site's own columns that the rules of the general ledger go by.
func (s *sheet) readDimensions(name string, to *sagepro.Section) {
	v, ok := s.value("dimensions")
	if !ok {
		return
	}
	if name != "invoice" && name != "order" {
		s.fault("dimensions", "only invoices and orders have dimensions")
		return
	}
	for dimension, field := range s.section("dimensions", v) {
		to.SetDimension(dimension, s.readField("dimensions."+dimension, field, sagepro.Field{}))
	}
}

// readField reads a field: the name of a column, or a section with col,
// constant, and either values or a list of stored values for each meaning.
func (s *sheet) readField(key string, v any, f sagepro.Field) sagepro.Field {
	if v == nil {
		return sagepro.Field{}
	}
	if column, scalar := text(v); scalar {
		return withColumn(f, column)
	}
	section, ok := v.(map[string]any)
	if !ok {
		s.fault(key, "the name of a column is needed, or a section with col")
		return f
	}
	meanings := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(section)) {
		value := section[name]
		stored, isList := value.([]any)
		switch {
		case name == "col":
			column, _ := text(value)
			f = withColumn(f, column)
		case name == "constant":
			constant, _ := text(value)
			f = sagepro.Field{Constant: constant}
		case name == "width":
			width, ok := whole(value)
			if !ok || width < 0 {
				s.fault(key+".width", "a number of characters is needed")
			}
			f.Width = width
		case name == "conf": // how sure somebody is of the name, for people
		case name == "values":
			for stored, meaning := range s.textsOf(key+".values", value) {
				meanings[strings.TrimSpace(stored)] = meaning
			}
		case isList:
			for _, item := range stored {
				t, _ := text(item)
				meanings[strings.TrimSpace(t)] = name
			}
		default:
			s.fault(key+"."+name, "unknown key; a field has col, constant, values, width, and a list of stored values for each meaning")
		}
	}
	if len(meanings) > 0 {
		f.Values = meanings
	}
	return f
}

// withColumn changes the column and keeps the meanings; no column is no field.
func withColumn(f sagepro.Field, column string) sagepro.Field {
	if column = strings.TrimSpace(column); column == "" {
		return sagepro.Field{}
	}
	return sagepro.Field{Column: column, Values: f.Values, Width: f.Width}
}

// readERPBooks tells what of the general ledger the ERP is asked for.
func (s *sheet) readERPBooks(r *Run) {
	chart, _ := text(s.values["chart_of_accounts"])
	periods := s.str("periods", "")
	r.ERPChart, r.ERPPeriods = chart == fromERP, periods == fromERP
	if periods != "" && !r.ERPPeriods {
		s.fault("periods", "%q: only sage_pro is known, whose fiscal calendar says which days are locked", periods)
	}
	if (r.ERPChart || r.ERPPeriods) && r.Door == nil {
		s.fault("documents", "the chart of accounts or the periods come from the ERP; name its door with kind")
	}
}
