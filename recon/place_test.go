package recon

import (
	"reflect"
	"testing"
)

// A place gives back what it was made of, whatever bytes the ERP holds.
func TestPlaces(t *testing.T) {
	department := Field{"department", "10"}
	for _, c := range []struct {
		store      string
		dimensions []Field
	}{
		{"", nil},
		{"100", nil},
		{"", []Field{department}},
		{"100", []Field{department, {"region", "EU"}}},
		{"\x00", nil},
		{"\x00\x00\x03100", nil},
		{"\x00", []Field{{"department", "\x00"}}},
	} {
		docs := NewDocuments(0, 0)
		b := docs.NewBatch()
		b.Add(&Document{ID: "1", Store: c.store, Dimensions: c.dimensions})
		b.Add(&Document{ID: "2", Store: "900"})
		docs.Append(b)
		if d := docs.At(0); d.Store != c.store || len(d.Dimensions) != len(c.dimensions) || len(c.dimensions) > 0 && !reflect.DeepEqual(d.Dimensions, c.dimensions) {
			t.Errorf("%q %q becomes %q %q", c.store, c.dimensions, d.Store, d.Dimensions)
		}
		if d := docs.At(1); d.Store != "900" || d.Dimensions != nil {
			t.Errorf("a document without dimensions becomes %+v", d)
		}
	}
}
