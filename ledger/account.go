package ledger

import (
	"fmt"
	"regexp"
	"strings"

	"tieout/recon"
)

// template is text with segments, compiled.
type template struct {
	text     string
	segments []segment
	role     Role   // what the account is for; "" for a number that the chart does not have
	unsure   []fact // facts of the segments that can be without a value
}

// segment is a piece of an account: text, a store, a fact, or a lookup by a fact.
type segment struct {
	text  string
	kind  segmentKind
	store storeKind
	fact  fact
	slot  int
	codes map[string]string
	coded bool // codes are the chart's fee or adjustment accounts
	sure  bool // every code is there: needed before anything is booked
}

type segmentKind int

const (
	textSegment segmentKind = iota
	storeSegment
	factSegment
	lookupSegment
)

var (
	segmentForm = regexp.MustCompile(`\{[^{}]*\}`)
	lookupForm  = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)\[([a-z0-9_]+)\]$`)
	wordForm    = regexp.MustCompile(`^[0-9A-Za-z._-]+$`)
)

// parseAccount compiles an account template. source decides what {store} is for
// an account that the chart does not have.
func (t *RuleTable) parseAccount(text string, source amountSource) (*template, error) {
	out := &template{text: text, role: t.headRole(text)}
	if text == "" {
		return nil, fmt.Errorf("an account is needed, such as {ar}-{store}")
	}
	last := 0
	for _, at := range segmentForm.FindAllStringIndex(text, -1) {
		out.add(segment{text: text[last:at[0]]})
		last = at[1]
		s, err := t.parseSegment(text[at[0]+1:at[1]-1], out.role, source)
		if err != nil {
			return nil, err
		}
		out.add(s)
	}
	out.add(segment{text: text[last:]})
	for _, s := range out.segments {
		if s.kind == textSegment && strings.ContainsAny(s.text, "{}|\r\n\t") {
			return nil, fmt.Errorf("%q: braces come in pairs, and | and control characters are not allowed in an account", text)
		}
	}
	return out, nil
}

func (t *template) add(s segment) {
	if s.kind == textSegment && s.text == "" {
		return
	}
	t.segments = append(t.segments, s)
	if s.kind == factSegment || s.kind == lookupSegment && !s.sure {
		t.unsure = append(t.unsure, s.fact)
	}
}

// fallible tells whether a segment can be without a value.
func (t *template) fallible() bool { return len(t.unsure) > 0 }

// headRole is what the account at the head of a template is for: by its key, or by its number.
func (t *RuleTable) headRole(text string) Role {
	for _, role := range Roles() {
		if number := t.chart.Accounts[role]; strings.HasPrefix(text, "{"+string(role)+"}") || number != "" && (text == number || strings.HasPrefix(text, number+"-")) {
			return role
		}
	}
	if strings.HasPrefix(text, "{cash[currency]}") {
		return CashRole
	}
	return ""
}

func (t *RuleTable) parseSegment(name string, role Role, source amountSource) (segment, error) {
	switch name {
	case "merchant_store":
		return segment{kind: storeSegment, store: merchantStore}, nil
	case "document_store":
		return segment{kind: storeSegment, store: documentStore}, nil
	case "head_office":
		return segment{kind: storeSegment, store: headOffice}, nil
	case "store":
		return segment{kind: storeSegment, store: usualStore(role, source)}, nil
	}
	if number, known := t.chart.Accounts[Role(name)]; known {
		return segment{text: number}, nil
	}
	if parts := lookupForm.FindStringSubmatch(name); parts != nil {
		return t.parseLookup(parts[1], parts[2])
	}
	f, known := t.parseFact(name)
	if !known {
		return segment{}, fmt.Errorf("{%s} is no account of the chart, no store segment, no lookup such as {dept[mdd4]}, no fact and no dimension that a mapping of documents names", name)
	}
	if err := usableInAccount(f); err != nil {
		return segment{}, err
	}
	return segment{kind: factSegment, fact: f, slot: t.slot(f)}, nil
}

func (t *RuleTable) parseLookup(table, key string) (segment, error) {
	codes, known := t.lookups[table]
	if !known {
		return segment{}, fmt.Errorf("there is no lookup table %q; define it under lookups", table)
	}
	f, known := t.parseFact(key)
	if !known {
		return segment{}, fmt.Errorf("{%s[%s]}: %q is no fact that a lookup can go by", table, key, key)
	}
	if err := usableInAccount(f); err != nil {
		return segment{}, err
	}
	return segment{kind: lookupSegment, fact: f, slot: t.slot(f), codes: codes, coded: table == "fees" || table == "adjustments", sure: table == "cash" && f == factCurrency}, nil
}

// usableInAccount refuses facts that are no code, or not decided when a row is matched.
func usableInAccount(f fact) error {
	switch f {
	case factEvent, factOutcome, factReason, factKind, factModel, factComponent, factMemo, factSign:
		return fmt.Errorf("%s cannot be part of an account; use it under when", f)
	default:
		return nil
	}
}

// usualStore is the store that a kind of account takes (2.2).
func usualStore(role Role, source amountSource) storeKind {
	switch role {
	case AR, Tax, Sales, Returns, Freight, Surcharge:
		return documentStore
	case InTransit, FXClearing, FXDiff, Unidentified, CashRole:
		return headOffice
	case "":
		if source == appliedAmount || source <= surchargeAmount {
			return documentStore
		}
		return merchantStore
	default:
		return merchantStore
	}
}

// fill is the segment's text; "" if it has none that an account can hold.
func (seg *segment) fill(s *subject) string {
	switch seg.kind {
	case storeSegment:
		return s.stores[seg.store]
	case factSegment:
		if text := s.values[seg.slot]; wordForm.MatchString(text) {
			return text
		}
		return ""
	case lookupSegment:
		return seg.codes[s.values[seg.slot]]
	case textSegment:
	}
	return seg.text
}

// account fills the template. Anything but AccountFound says what is missing.
func (t *RuleTable) account(p *template, s *subject) (string, recon.Mapping) {
	var b strings.Builder
	for i := range p.segments {
		seg := &p.segments[i]
		text := seg.fill(s)
		if text == "" {
			if seg.coded {
				return "", recon.CodeUnknown
			}
			return "", recon.NoAccount
		}
		b.WriteString(text)
	}
	if t.accounts != nil && !t.accounts[b.String()] {
		return "", recon.NoAccount
	}
	return b.String(), recon.AccountFound
}
