package ledger

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// test is the condition on one fact: one of its wants is enough.
type test struct {
	fact  fact
	slot  int // where a subject has the value
	wants []want
}

// want is one way for a fact to be right: anything, a value, a range of values
// of equal length, or a regular expression.
type want struct {
	any      bool
	value    string
	from, to string
	pattern  *regexp.Regexp
}

func (w want) holds(value string) bool {
	switch {
	case w.any:
		return true
	case w.pattern != nil:
		return w.pattern.MatchString(value)
	case w.to != "":
		return len(value) == len(w.to) && w.from <= value && value <= w.to
	}
	return value == w.value
}

// meets tells whether one value can satisfy both. Two patterns, or a pattern
// and a range, are taken to meet: nobody can tell.
func (w want) meets(o want) bool {
	switch {
	case w.any || o.any:
		return true
	case w.pattern == nil && w.to == "":
		return o.holds(w.value)
	case o.pattern == nil && o.to == "":
		return w.holds(o.value)
	case w.pattern != nil || o.pattern != nil:
		return true
	}
	return len(w.to) == len(o.to) && w.from <= o.to && o.from <= w.to
}

// holds tells whether the condition is met by the subject.
func (t *test) holds(s *subject) bool {
	if t.fact == factComponent {
		return slices.ContainsFunc(t.wants, func(w want) bool { return holdsComponent(w, s.split, s.components) })
	}
	return t.holdsValue(s.values[t.slot])
}

func (t *test) holdsValue(value string) bool {
	return slices.ContainsFunc(t.wants, func(w want) bool { return w.holds(value) })
}

// holdsComponent: a sale that is split has every component that is not zero; any other has none.
func holdsComponent(w want, split bool, components uint8) bool {
	if w.any || !split {
		return w.any || w.value == ""
	}
	at := slices.Index(wholeSale(), w.value)
	return at >= 0 && components&(1<<at) != 0
}

// meets tells whether both conditions on one fact can hold at once.
func (t *test) meets(o *test) bool {
	if t.fact == factComponent {
		return t.meetsComponent(o)
	}
	return slices.ContainsFunc(t.wants, func(a want) bool {
		return slices.ContainsFunc(o.wants, func(b want) bool { return a.meets(b) })
	})
}

// meetsComponent: of a split sale several components can be there at once.
func (t *test) meetsComponent(o *test) bool {
	for _, split := range []bool{false, true} {
		holds := func(w want) bool { return holdsComponent(w, split, 0b1111) }
		if slices.ContainsFunc(t.wants, holds) && slices.ContainsFunc(o.wants, holds) {
			return true
		}
	}
	return false
}

// parseWants reads the values of one fact.
func parseWants(f fact, texts []string) ([]want, error) {
	if len(texts) == 0 {
		return nil, fmt.Errorf("at least one value is needed; leave the fact out to allow anything")
	}
	var wants []want
	for _, text := range texts {
		w, err := parseWant(f, text)
		if err != nil {
			return nil, err
		}
		wants = append(wants, w)
	}
	return wants, nil
}

func parseWant(f fact, text string) (want, error) {
	if text == "*" {
		return want{any: true}, nil
	}
	if closed := f.values(); closed != nil {
		if !slices.Contains(closed, text) {
			return want{}, fmt.Errorf("%q is none of %s", text, strings.Join(closed, ", "))
		}
		return want{value: value(text)}, nil
	}
	if len(text) >= 2 && text[0] == '/' && text[len(text)-1] == '/' {
		return parsePattern(f, text[1:len(text)-1])
	}
	if from, to, ranged := strings.Cut(text, ".."); ranged {
		if from == "" || len(from) != len(to) || from > to {
			return want{}, fmt.Errorf("range %q: two ends of the same length, the lower one first, are needed", text)
		}
		return want{from: from, to: to}, nil
	}
	if text == "" {
		return want{}, fmt.Errorf("an empty value; write %s where there must be no value", none)
	}
	return want{value: value(text)}, nil
}

func parsePattern(f fact, text string) (want, error) {
	if f <= factMDD {
		return want{}, fmt.Errorf("regular expressions are for merchant-defined data (mdd1 to mdd100) and the dimensions of documents only")
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return want{}, fmt.Errorf("/%s/ is no regular expression: %w", text, err)
	}
	return want{pattern: re}, nil
}

// value is what a fact has where a rule says none.
func value(text string) string {
	if text == none {
		return ""
	}
	return text
}
