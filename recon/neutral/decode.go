// Package neutral reads and writes the neutral CSV layouts: transactions,
// documents, history, funding and bank, in a file each.
//
// They are what tieout takes from anybody whose own format it does not know:
// one header line, a column for each fact, decimal amounts signed from the
// merchant's side, RFC 3339 instants. Start at [ReadTransactions]; [Decode] is
// the one place where gocsv maps columns to fields.
//
// What must never come in: gocsv's switches, which are global to the process,
// its line numbers, which count records, and any format but these.
package neutral

import (
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/gocarina/gocsv"

	"tieout/recon/carddata"
	"tieout/recon/delimited"
)

// Pos is where a decoded row stands.
type Pos struct {
	Line    int // physical line, from 1, where the row begins
	Columns int // how many columns the row really has
	Header  []string
	Fields  []string // the row as written, as many as the header has
	Beyond  []string // what the row has beyond the header
}

// Sheet is what is known of a decoded file as a whole.
type Sheet struct {
	Header     []string // names, trimmed, in lower case, masked
	HeaderLine int
	Missing    []string // required columns that are not there
	Doubled    []string
	Unknown    []string // columns that the row type does not have
	Damage     *delimited.Fault
	End        delimited.Summary
	Cards      bool // card data in the header or in a part that was not decoded
}

// Refused tells a file whose rows were not, or not all, decoded.
func (s *Sheet) Refused() bool {
	return s.Damage != nil || s.End.Err != nil || len(s.Header) == 0 || len(s.Missing)+len(s.Doubled) > 0
}

// Decode maps every row of a CSV file onto a T, whose text fields carry gocsv's
// tag csv:"name" and, where the column must be there, need:"yes". The header is
// checked first: with a column missing or doubled no row is decoded. A row with
// too few or too many columns arrives with its true number in Pos. The error is
// the first that fn returned.
func Decode[T any](r io.Reader, fn func(T, Pos) error) (Sheet, error) {
	var s Sheet
	file := delimited.Open(r, delimited.Options{Workers: 1})
	var rec delimited.Record
	if file.Next(&rec) {
		s.readHeader(&rec, reflect.TypeFor[T]())
	}
	var first error
	if len(s.Header) > 0 && len(s.Missing)+len(s.Doubled) == 0 {
		first = decodeRows(file, s.Header, fn)
	}
	s.Damage = file.HeadFault()
	decoded := len(s.Header) > 0 && !s.Refused()
	s.End = file.Finish(func(raw []byte) {
		s.Cards = s.Cards || !decoded && carddata.HasBytes(raw)
	})
	return s, first
}

func decodeRows[T any](file *delimited.File, header []string, fn func(T, Pos) error) error {
	source := &source{file: file, header: header, places: make(chan Pos, 8)}
	var first error
	err := gocsv.UnmarshalDecoderToCallback(gocsv.NewSimpleDecoderFromCSVReader(source), func(row T) {
		if e := fn(row, <-source.places); e != nil && first == nil {
			first = e
		}
	})
	if first != nil {
		return first
	}
	return err
}

func (s *Sheet) readHeader(rec *delimited.Record, row reflect.Type) {
	s.HeaderLine = rec.Line
	known, needed := columnsOf(row)
	for _, f := range rec.Fields {
		s.Cards = s.Cards || carddata.HasBytes(f)
		name := strings.ToLower(strings.TrimSpace(carddata.Mask(string(f))))
		switch {
		case name != "" && slices.Contains(s.Header, name):
			s.Doubled = append(s.Doubled, name)
		case !slices.Contains(known, name):
			s.Unknown = append(s.Unknown, name)
		}
		s.Header = append(s.Header, name)
	}
	for _, name := range needed {
		if !slices.Contains(s.Header, name) {
			s.Missing = append(s.Missing, name)
		}
	}
}

// columnsOf lists the columns of a row type, and those that must be there.
func columnsOf(row reflect.Type) (known, needed []string) {
	for _, field := range reflect.VisibleFields(row) {
		name, tagged := field.Tag.Lookup("csv")
		if !tagged {
			continue
		}
		known = append(known, name)
		if field.Tag.Get("need") == "yes" {
			needed = append(needed, name)
		}
	}
	return known, needed
}

// source is gocsv's reader: records of our own scanner, and their places in step.
// gocsv reads ahead on another goroutine, by less than places holds.
type source struct {
	file   *delimited.File
	header []string
	begun  bool
	places chan Pos
	record delimited.Record
}

// Read gives the header, then every row with as many fields as the header has.
func (s *source) Read() ([]string, error) {
	if !s.begun {
		s.begun = true
		return s.header, nil
	}
	if !s.file.Next(&s.record) {
		return nil, io.EOF
	}
	all := texts(s.record.Fields)
	pos := Pos{Line: s.record.Line, Columns: len(all), Header: s.header}
	for len(all) < len(s.header) {
		all = append(all, "")
	}
	pos.Fields, pos.Beyond = all[:len(s.header)], all[len(s.header):]
	s.places <- pos
	return pos.Fields, nil
}

// texts copies the fields with two allocations a row.
func texts(fields [][]byte) []string {
	var b strings.Builder
	n := 0
	for _, f := range fields {
		n += len(f)
	}
	b.Grow(n)
	for _, f := range fields {
		b.Write(f)
	}
	whole, all, at := b.String(), make([]string, len(fields)), 0
	for i, f := range fields {
		all[i] = whole[at : at+len(f)]
		at += len(f)
	}
	return all
}

// ReadAll is what gocsv's interface asks for beside Read.
func (s *source) ReadAll() ([][]string, error) {
	var all [][]string
	for {
		row, err := s.Read()
		if err != nil {
			return all, nil
		}
		if len(all) > 0 {
			<-s.places
		}
		all = append(all, row)
	}
}
