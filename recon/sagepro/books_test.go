package sagepro

import (
	"context"
	"strings"
	"testing"
	"time"

	"tieout/fixtures/sandbox/company"
	"tieout/recon"
)

// TestBooksOfACompany: chart, calendar, counters, customers and items of a
// generated company through its folder and its database are the same.
func TestBooksOfACompany(t *testing.T) {
	for _, g := range []company.Generation{company.G1, company.G3} {
		made, date := evening(g, 3)
		for name, open := range map[string]func(testing.TB, *Company, *company.Company) Tables{"folder": folderDoor, "exports": exportsDoor, "database": databaseDoor} {
			c := mappingOf(string(g))
			door, ctx := open(t, c, made), context.Background()
			chart, err := c.ReadChart(ctx, door)
			if err != nil {
				t.Fatal(g, name, err)
			}
			if chart.Mask != "9999" || len(chart.Active()) != 25 || chart.Fault("1150") != "" || !strings.Contains(chart.Fault("1099"), "inactive") ||
				!strings.Contains(chart.Fault("1151"), "not in") || !strings.Contains(chart.Fault("1150-100"), "form 9999") {
				t.Errorf("%s %s: %+v", g, name, chart)
			}
			if a, ok := chart.Account("1150"); !ok || a.Description != "Card clearing" || a.Type != "CA" {
				t.Errorf("%s %s: %+v", g, name, a)
			}
			checkCalendar(t, c, door, date)
			numbers, err := c.ReadNextNumbers(ctx, door)
			if err != nil || numbers["GL"].Batch != "000412" || numbers["GL"].Transaction != "008731" || len(numbers) != 4 {
				t.Errorf("%s %s: %+v %v", g, name, numbers, err)
			}
			for section, field := range map[string]string{"customer": "name", "item": "description"} {
				n := 0
				err := c.Entries(ctx, door, section, func(_ int, e Entry) error {
					if n++; e["number"] == "" || e[field] == "" {
						t.Errorf("%s %s: %v", g, name, e)
					}
					return nil
				})
				if err != nil || n < 30 {
					t.Errorf("%s %s: %d of %s, %v", g, name, n, section, err)
				}
			}
		}
	}
}

// checkCalendar: two years of thirteen periods, those before October locked.
func checkCalendar(t *testing.T, c *Company, door Tables, date recon.Date) {
	t.Helper()
	calendar, err := c.ReadCalendar(context.Background(), door)
	if err != nil || len(calendar.Periods()) != 26 {
		t.Fatal(calendar, err)
	}
	year := date.Year()
	for _, w := range []struct {
		month  time.Month
		day    int
		period string
		fault  string
	}{{10, 5, "10", ""}, {9, 30, "09", "locked"}, {12, 30, "12", ""}, {12, 31, "13", ""}} {
		d := recon.NewDate(year, w.month, w.day)
		p, ok := calendar.Of(d)
		if !ok || !strings.HasSuffix(p.Number, w.period) || (calendar.Fault(d) == "") != (w.fault == "") || !strings.Contains(calendar.Fault(d), w.fault) {
			t.Errorf("%s: %+v %q", d, p, calendar.Fault(d))
		}
	}
	if fault := calendar.Fault(recon.NewDate(year+1, 1, 1)); !strings.Contains(fault, "no period") {
		t.Error(fault)
	}
}

// TestMasks of FoxPro.
func TestMasks(t *testing.T) {
	for _, c := range []struct {
		number, mask string
		fits         bool
	}{
		{"20010-030", "99999-999", true},
		{"2001A-030", "99999-999", false},
		{"20010030", "99999-999", false},
		{"20010.030", "99999-999", false},
		{"AB-9x", "AA-NN", true},
		{"A1-9x", "AA-NN", false},
		{"?!", "XX", true},
		{"12", "##", true},
	} {
		if fits(c.number, c.mask) != c.fits {
			t.Errorf("%s in %s: %v", c.number, c.mask, !c.fits)
		}
	}
}

// TestStructureOfSegments: the mask is that of the segments in use, by their ids.
func TestStructureOfSegments(t *testing.T) {
	s := site{
		"glacnt": "glacnt,gldesc,glstat,gltype\n20010-030,Sales,,IN\n20010-040,Old,I,IN\n",
		"glstru": "segid,seglen,segmask\n10,0,XXX\n2,3,999\n1,5,99999\n",
	}
	c := DefaultCompany(G2)
	chart, err := c.ReadChart(context.Background(), s.lay(t, c))
	if err != nil || chart.Mask != "99999-999" || len(chart.Active()) != 1 || chart.Active()[0] != "20010-030" {
		t.Errorf("%+v %v", chart, err)
	}
	delete(s, "glstru")
	s["glacnt"] = "glacnt,gldesc\n"
	if _, err := c.ReadChart(context.Background(), s.lay(t, c)); err == nil || !strings.Contains(err.Error(), "glstat") || !strings.Contains(err.Error(), "gltype") || !strings.Contains(err.Error(), "glstru") {
		t.Error(err)
	}
}

// TestCalendarsThatAreWrong are refused.
func TestCalendarsThatAreWrong(t *testing.T) {
	const head = "compid,yearprd,bdate,edate,plocked,permlck\n"
	for rows, says := range map[string]string{
		"": "no period of company 01", "02,202601,2026-01-01,2026-01-31,F,F\n": "no period of company 01",
		"01,202601,2026-02-01,2026-01-31,F,F\n": "ends on 2026-01-31 before", "01,202601,,2026-01-31,F,F\n": "no first or last day",
	} {
		c := DefaultCompany(G3)
		s := site{"sycdfis": head + rows}
		if _, err := c.ReadCalendar(context.Background(), s.lay(t, c)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", rows, err)
		}
	}
	c := DefaultCompany(G3)
	s := site{"sycdfis": head + "01,202613,2026-12-31,2026-12-31,F,T\n01,202612,2026-12-01,2026-12-31,F,F\n"}
	calendar, err := c.ReadCalendar(context.Background(), s.lay(t, c))
	if err != nil || calendar.Fault(recon.NewDate(2026, 12, 31)) != "" {
		t.Error(calendar, err)
	}
}
