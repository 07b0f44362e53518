package cybersource

import (
	"encoding/csv"
	"encoding/xml"
	"errors"
	"strings"
	"time"
)

// Heading is what a report says of itself in its first line or its root
// element. What it does not say is zero.
type Heading struct {
	Merchant string
	Window   Window
}

// headingOf reads the heading of a report from its first bytes.
func headingOf(head []byte) Heading {
	text := strings.TrimLeft(strings.TrimPrefix(string(head), "\uFEFF"), " \t\r\n")
	if strings.HasPrefix(text, "<") {
		return rootHeading(text)
	}
	line, _, _ := strings.Cut(text, "\n")
	fields, err := csv.NewReader(strings.NewReader(strings.TrimRight(line, "\r"))).Read()
	if err != nil || len(fields) < 5 || !strings.Contains(fields[4], " to ") {
		return Heading{}
	}
	from, to, _ := strings.Cut(fields[4], " to ")
	return Heading{Merchant: strings.TrimSpace(fields[0]), Window: windowBetween(from, to)}
}

// rootHeading reads the attributes of the root element.
func rootHeading(text string) (h Heading) {
	root, ok := rootOf(text)
	if !ok {
		return h
	}
	var from, to string
	for _, a := range root.Attr {
		switch a.Name.Local {
		case "MerchantID", "OrganizationID":
			h.Merchant = strings.TrimSpace(a.Value)
		case "ReportStartDate":
			from = a.Value
		case "ReportEndDate":
			to = a.Value
		}
	}
	h.Window = windowBetween(from, to)
	return h
}

func rootOf(text string) (xml.StartElement, bool) {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if err != nil {
			return xml.StartElement{}, false
		}
		if root, ok := token.(xml.StartElement); ok {
			return root, true
		}
	}
}

// windowBetween reads two instants; zero where either is a date or something else.
func windowBetween(from, to string) Window {
	start, err := instantIn(from)
	end, err2 := instantIn(to)
	if errors.Join(err, err2) != nil {
		return Window{}
	}
	return Window{start, end}
}

// instantIn reads RFC 3339, and the doubled offset Z+00:00 of genuine files.
func instantIn(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if plain, ok := strings.CutSuffix(text, "Z+00:00"); ok {
		text = plain + "Z"
	}
	return time.Parse(time.RFC3339Nano, text)
}
