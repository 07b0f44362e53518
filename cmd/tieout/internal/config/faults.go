package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// sheet is a policy file being read: it hands out values by key and collects
// every fault with its key and line.
type sheet struct {
	name   string
	file   *ast.File
	values map[string]any
	known  map[string]bool
	below  string // of the sheet of a section: the keys above it, with a point behind
	faults []fault
}

// fault is what is wrong with a key, and the line where it stands; 0: nowhere.
type fault struct {
	line         int
	key, message string
}

// parse reads the file into values by key. name is how errors call it.
func (s *sheet) parse(data []byte) error {
	if bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data) || bytes.HasPrefix(data, []byte("%PDF")) {
		return fmt.Errorf("%s: this is no text file; the policy is YAML or JSON", s.name)
	}
	if err := yaml.Unmarshal(data, &s.values); err != nil {
		where, what, _ := strings.Cut(yaml.FormatError(err, false, false), "] ")
		return fmt.Errorf("%s:%s: %s; correct the YAML or JSON there", s.name, strings.TrimPrefix(where, "["), what)
	}
	s.file, _ = parser.ParseBytes(data, 0)
	return nil
}

// line finds where a key stands in the file; 0 if it is not there.
func (s *sheet) line(key string) int {
	path, err := yaml.PathString("$." + key)
	if err != nil || s.file == nil {
		return 0
	}
	node, err := path.FilterFile(s.file)
	if err != nil || node == nil || node.GetToken() == nil {
		return 0
	}
	return node.GetToken().Position.Line
}

func (s *sheet) fault(key, format string, args ...any) {
	line := 0
	for at := key; at != "" && line == 0; at = parent(at) { // what is missing is missed where it should stand
		line = s.line(at)
	}
	s.faults = append(s.faults, fault{line, key, fmt.Sprintf(format, args...)})
}

// faulty tells whether anything in a section was found wrong so far.
func (s *sheet) faulty(section string) bool {
	return slices.ContainsFunc(s.faults, func(f fault) bool { return strings.HasPrefix(f.key, section+".") })
}

// parent is the key of what a key is in: rules[1] of rules[1].post; "" for a key of the file.
func parent(key string) string { return key[:max(0, strings.LastIndexAny(key, ".["))] }

// err is all faults, one a line, in the order of the file.
func (s *sheet) err() error {
	slices.SortStableFunc(s.faults, func(a, b fault) int { return a.line - b.line })
	var all []error
	for _, f := range s.faults {
		where := s.name
		if f.line > 0 {
			where = fmt.Sprintf("%s:%d", s.name, f.line)
		}
		all = append(all, fmt.Errorf("%s: %s: %s", where, f.key, f.message))
	}
	return errors.Join(all...)
}

func (s *sheet) value(key string) (any, bool) {
	s.known[key] = true
	v, ok := s.values[key]
	return v, ok && v != nil
}

// unknown reports the keys that nobody asked for.
func (s *sheet) unknown() {
	var keys []string
	for key := range s.values {
		if !s.known[key] {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		s.fault(key, "unknown key; remove it or correct its name")
	}
}

func (s *sheet) required(key string) (any, bool) {
	v, ok := s.value(key)
	if !ok {
		s.fault(key, "required, but not given")
	}
	return v, ok
}

// text turns a scalar into text: numbers of YAML keep no trailing zeros, so money and rates must be quoted.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case int64:
		return strconv.FormatInt(v, 10), true
	case uint64:
		return strconv.FormatUint(v, 10), true
	case int:
		return strconv.Itoa(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}

func (s *sheet) str(key, fallback string) string {
	v, ok := s.value(key)
	if !ok {
		return fallback
	}
	t, ok := text(v)
	if !ok {
		s.fault(key, "a text is needed")
	}
	return t
}

func (s *sheet) integer(key string, fallback int) int {
	v, ok := s.value(key)
	if !ok {
		return fallback
	}
	n, ok := whole(v)
	if !ok {
		s.fault(key, "%v is not a whole number", v)
	}
	return n
}

func whole(v any) (int, bool) {
	t, ok := text(v)
	n, err := strconv.Atoi(t)
	return n, ok && err == nil
}

// texts reads a map of texts.
func (s *sheet) texts(key string) map[string]string {
	v, ok := s.value(key)
	if !ok {
		return nil
	}
	return s.textsOf(key, v)
}

func (s *sheet) textsOf(key string, v any) map[string]string {
	m, ok := v.(map[string]any)
	if !ok {
		s.fault(key, "a list of name: value pairs is needed")
		return nil
	}
	all := map[string]string{}
	for name, value := range m {
		t, ok := text(value)
		if !ok && value != nil {
			s.fault(key+"."+name, "a text is needed")
		}
		all[name] = t
	}
	return all
}

func (s *sheet) list(key string, fallback []string) []string {
	v, ok := s.value(key)
	if !ok {
		return fallback
	}
	items, ok := v.([]any)
	if !ok {
		s.fault(key, "a list is needed")
		return fallback
	}
	var all []string
	for _, item := range items {
		t, ok := text(item)
		if !ok {
			s.fault(key, "%v is not a text", item)
		}
		all = append(all, t)
	}
	return all
}
