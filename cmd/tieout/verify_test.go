package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tieout/recon/store/storetest"
)

// corruption is something that a hand changes in a store: statements that do it, and
// what the verifier must name.
type corruption struct {
	statements []string
	names      []string // all of them in one line of what verify says
	row        string   // the row that the second reader must name too, with its file and line; "": it is about none
}

// damaged is a store with three nights that is damaged once after the other.
type damaged struct {
	companyFolder
	where string
	dice  *rand.Rand
}

// one picks a value of what a query gives.
func (d *damaged) one(query string) string {
	d.t.Helper()
	all := strings.Fields(d.sql(d.where, query))
	if len(all) == 0 {
		d.t.Fatalf("nothing is there to damage: %s", query)
	}
	return all[d.dice.IntN(len(all))]
}

// line picks a line of an entry, and names it as verify does.
func (d *damaged) line() (where, name string) {
	at := d.one("SELECT entry_no || '/' || line_no FROM entry_lines ORDER BY 1")
	entry, line, _ := strings.Cut(at, "/")
	return fmt.Sprintf("entry_no = '%s' AND line_no = %s", entry, line), fmt.Sprintf("entry %s line %s ", entry, line)
}

// row picks an event that moved money, and gives its body.
func (d *damaged) row() (key, body string) {
	key = d.one("SELECT item_key FROM items WHERE side = 'event' AND effect <> 0 AND file <> '' ORDER BY 1")
	return key, d.sql(d.where, "SELECT v.body FROM item_versions v JOIN items i ON i.run_no = v.run_no AND i.side = v.side AND i.item_key = v.item_key WHERE v.side = 'event' AND v.item_key = '"+key+"'")
}

// changedRow gives a row another body, and its columns the values that go with it.
func (d *damaged) changedRow(key, body, set string) corruption {
	of := " WHERE side = 'event' AND item_key = '" + key + "'"
	return corruption{
		statements: []string{
			"UPDATE item_versions SET " + set + ", body = '" + strings.ReplaceAll(body, "'", "''") + "'" + of,
			"UPDATE items SET " + set + of,
		},
		names: []string{"night ", "event " + key}, row: key,
	}
}

// member is a member of a body with its number or text.
func member(body, name string) string {
	_, rest, _ := strings.Cut(body, `"`+name+`":`)
	return rest[:strings.IndexAny(rest, ",}")]
}

func setMember(body, name, value string) string {
	return strings.Replace(body, `"`+name+`":`+member(body, name), `"`+name+`":`+value, 1)
}

// corruptions are the kinds that R4 names, each made by a dice.
func (d *damaged) corruptions() map[string]func() corruption {
	by := func() string { return strconv.Itoa(1 + d.dice.IntN(500)) }
	line := func(set string) corruption {
		where, name := d.line()
		return corruption{statements: []string{"UPDATE entry_lines SET " + set + " WHERE " + where}, names: []string{"night ", name}}
	}
	contribution := func(set string) corruption {
		at := d.one("SELECT scope || '~' || natural_key || '~' || account || '~' || side || '~' || replace(label, ' ', '_') FROM contributions WHERE amount > 0 ORDER BY 1")
		k := strings.Split(at, "~")
		where := fmt.Sprintf("scope = '%s' AND natural_key = '%s' AND account = '%s' AND side = '%s' AND replace(label, ' ', '_') = '%s'", k[0], k[1], k[2], k[3], k[4])
		return corruption{statements: []string{"UPDATE contributions SET " + set + " WHERE " + where}, names: []string{"after the last night", k[0], k[1], "account " + k[2]}}
	}
	return map[string]func() corruption{
		"amount of a line":  func() corruption { n := by(); return line("amount = amount + " + n + ", base = base + " + n) },
		"account of a line": func() corruption { return line("account = '9998'") },
		"sign of a line":    func() corruption { return line("side = CASE side WHEN 'D' THEN 'C' ELSE 'D' END") },
		"missing line": func() corruption {
			where, name := d.line()
			return corruption{statements: []string{"DELETE FROM entry_lines WHERE " + where}, names: []string{"night ", name}}
		},
		"amounts of an entry that still balances": func() corruption {
			entry := d.one("SELECT DISTINCT entry_no FROM entry_lines ORDER BY 1")
			set := "UPDATE entry_lines SET amount = amount + %[2]s, base = base + %[2]s WHERE entry_no = '%[1]s' AND line_no = (SELECT MIN(line_no) FROM entry_lines WHERE entry_no = '%[1]s' AND side = '%[3]s')"
			n := by()
			return corruption{[]string{fmt.Sprintf(set, entry, n, "D"), fmt.Sprintf(set, entry, n, "C")}, []string{"night ", "entry " + entry, "amount"}, ""}
		},
		"signs of an entry that still balances": func() corruption {
			entry := d.one("SELECT DISTINCT entry_no FROM entry_lines ORDER BY 1")
			return corruption{[]string{"UPDATE entry_lines SET side = CASE side WHEN 'D' THEN 'C' ELSE 'D' END WHERE entry_no = '" + entry + "'"}, []string{"night ", "entry " + entry, "side"}, ""}
		},
		"currency of an entry": func() corruption {
			entry := d.one("SELECT entry_no FROM entries ORDER BY 1")
			return corruption{[]string{"UPDATE entries SET currency = CASE currency WHEN 'CAD' THEN 'EUR' ELSE 'CAD' END WHERE entry_no = '" + entry + "'"}, []string{"night ", "entry " + entry, "currency"}, ""}
		},
		"missing entry": func() corruption {
			entry := d.one("SELECT entry_no FROM entries ORDER BY 1")
			var all []string
			for _, table := range []string{"delivery_entries", "entry_lines", "entries"} {
				all = append(all, "DELETE FROM "+table+" WHERE entry_no = '"+entry+"'")
			}
			return corruption{all, []string{"night ", "entry " + entry, "is not stored"}, ""}
		},
		"amount of a contribution":  func() corruption { return contribution("amount = amount + " + by()) },
		"account of a contribution": func() corruption { return contribution("account = '9998'") },
		"amount of a row": func() corruption {
			key, body := d.row()
			was, _ := strconv.Atoi(member(body, "amount"))
			to := strconv.Itoa(was + 1 + d.dice.IntN(500))
			return d.changedRow(key, setMember(body, "amount", to), "effect = "+to)
		},
		"sign of a row": func() corruption {
			key, body := d.row()
			was, _ := strconv.Atoi(member(body, "amount"))
			return d.changedRow(key, setMember(body, "amount", strconv.Itoa(-was)), "effect = -effect")
		},
		"currency of a row": func() corruption {
			key, body := d.row()
			to := "CAD"
			if member(body, "currency") == `"CAD"` {
				to = "EUR"
			}
			return d.changedRow(key, setMember(body, "currency", `"`+to+`"`), "currency = '"+to+"'")
		},
		"amount of a deposit or bank line": func() corruption {
			at := d.one("SELECT side || '~' || item_key FROM items WHERE side IN ('deposit', 'bank') ORDER BY 1")
			side, key, _ := strings.Cut(at, "~")
			change := "UPDATE item_versions SET body = replace(body, '\"amount\":\"', '\"amount\":\"1') WHERE side = '" + side + "' AND item_key = '" + key + "'"
			return corruption{statements: []string{change}, names: []string{"night ", side + " " + key + ":", "amount is stored as"}}
		},
		"missing row": func() corruption {
			key, _ := d.row()
			var all []string
			for _, table := range []string{"items", "item_docs", "item_versions"} {
				all = append(all, "DELETE FROM "+table+" WHERE side = 'event' AND item_key = '"+key+"'")
			}
			return corruption{all, []string{"night ", "event " + key, "is not stored"}, key}
		},
	}
}

// threeNights is the worked example, day by day.
func threeNights(t *testing.T, where string) *damaged {
	t.Helper()
	d := &damaged{exampleCompany(t, where), where, rand.New(rand.NewPCG(1, uint64(number(t, "TIEOUT_SEED", 0))))}
	for _, day := range []string{"2026-09-29", "2026-09-30", "2026-10-01"} {
		d.night(0, day, day, "2026-10-02")
	}
	said := d.tell(exitDone, "verify")
	d.want(said, "1 report files with 61 rows counted again", "3 of 3 nights computed again", ": 0 faults")
	return d
}

// find damages the store and wants to be told what was.
func (d *damaged) find(kind string, c corruption) {
	d.t.Helper()
	for _, s := range c.statements {
		d.sql(d.where, s)
	}
	said := d.tell(exitFailed, "verify")
	if !aLineHas(said, c.names...) {
		d.t.Errorf("%s: no line has %q after %q:\n%s", kind, c.names, c.statements, said)
	}
	if c.row != "" && !aLineHas(said, "recount: transactions.csv:", " "+c.row+": the file ") {
		d.t.Errorf("%s: the second reader does not name %s after %q:\n%s", kind, c.row, c.statements, said)
	}
}

func aLineHas(text string, words ...string) bool {
	for line := range strings.Lines(text) {
		has := 0
		for _, word := range words {
			if strings.Contains(line, word) {
				has++
			}
		}
		if has == len(words) {
			return true
		}
	}
	return false
}

// R4: whatever one amount, sign, account or currency is changed in the store, and whatever
// row, line or entry is taken out of it, the verifier names it. TIEOUT_CORRUPTIONS sets how many.
func TestVerifierFindsEveryCorruption(t *testing.T) {
	t.Parallel()
	d := threeNights(t, "tieout.db")
	whole := read(t, filepath.Join(d.dir, d.where)) // nobody has it open, so no part of it lies beside it
	kinds := slices.Sorted(maps.Keys(d.corruptions()))
	count := number(t, "TIEOUT_CORRUPTIONS", len(kinds))
	for i := range count {
		kind := kinds[i%len(kinds)]
		d.find(kind, d.corruptions()[kind]())
		write(t, filepath.Join(d.dir, d.where), whole)
	}
	d.want(d.tell(exitDone, "verify"), ": 0 faults")
	t.Logf("%d corruptions of %d kinds", count, len(kinds))
}

// The same on PostgreSQL, a few, one on top of the other.
func TestVerifierFindsCorruptionsOnPostgres(t *testing.T) {
	d := threeNights(t, storetest.Start(t).Database(t))
	for _, kind := range []string{"amounts of an entry that still balances", "missing row", "account of a contribution"} {
		d.find(kind, d.corruptions()[kind]())
	}
}

// A night is computed again under the configuration that it had, also where that, the
// files beside it and what they say are others by now.
func TestVerifyKnowsTheConfigurationOfEachNight(t *testing.T) {
	t.Parallel()
	c := twoConfigurations(t)
	c.want(c.tell(exitDone, "verify"), "2 of 2 nights computed again", ": 0 faults")
	c.want(c.tell(exitDone, "archive", "list"), "setup.json")
	c.sql("tieout.db", "UPDATE runs SET ended_us = 9 - run_no RETURNING run_id") // a clock that was set back
	c.want(c.tell(exitDone, "verify"), "2 of 2 nights computed again", ": 0 faults")
	c.sql("tieout.db", "UPDATE contributions SET account = '9998' WHERE account = '1200-100' RETURNING account")
	c.want(c.tell(exitFailed, "verify"), "after the last night: contribution of ", "account 9998")
	c.sql("tieout.db", "UPDATE runs SET software = 'tieout v0' RETURNING software")
	c.want(c.tell(exitFailed, "verify"), "after the last night: contribution of ")
}

// What cannot be proved is neither a fault nor good.
func TestVerifySaysWhatIsUnproven(t *testing.T) {
	t.Parallel()
	c := twoConfigurations(t)
	c.sql("tieout.db", "UPDATE runs SET software = 'tieout v0' RETURNING software")
	c.want(c.tell(exitDone, "verify"), "2 of 2 nights computed again") // another program made the same of it
	c.sql("tieout.db", "UPDATE exception_history SET cause = 'whim' RETURNING cause")
	c.want(c.tell(exitUnproven, "verify"), "UNPROVEN: night 2026-09-29 to 2026-09-29", "computed by tieout v0", `cause is stored as "whim"`, ": 0 faults")
	c.sql("tieout.db", "UPDATE runs SET setup = '' RETURNING setup")
	said := c.tell(exitUnproven, "verify")
	c.want(said, "UNPROVEN: night 2026-09-29 to 2026-09-29", "is not kept, and the present one is another", "the 1 nights after it", "0 of 2 nights computed again", ": 0 faults")
}

// twoConfigurations is a company whose second night has another configuration than its first.
func twoConfigurations(t *testing.T) companyFolder {
	t.Helper()
	c := newCompany(t, "chart_of_accounts: accounts.txt\n")
	list := "account\n"
	for _, account := range strings.Fields("1150 1160 1170 1190 1200 1015 2150 2190 2195 2200 4000 4090 4100 4150 6990 7200 9999 1010") {
		list += account + "-000\n" + account + "-100\n"
	}
	c.put("accounts.txt", list)
	c.documents([3]string{"100", "2026-09-29", "10.00"}, [3]string{"101", "2026-09-30", "20.00"})
	c.report("a.csv", [4]string{"01", "2026-09-29", "10.00", "100"}, [4]string{"02", "2026-09-29", "7.00", "9"})
	c.night(exitDone, "2026-09-29", "2026-09-29", "2026-09-30")
	c.put("tieout.yaml", strings.Replace(strings.Replace(read(t, filepath.Join(c.dir, "tieout.yaml")), `ar: "1200"`, `ar: "1250"`, 1), "chart_of_accounts: accounts.txt", "timing_days: 5", 1))
	if err := os.Remove(filepath.Join(c.dir, "accounts.txt")); err != nil {
		t.Fatal(err)
	}
	c.report("b.csv", [4]string{"03", "2026-09-30", "20.00", "101"})
	c.night(exitDone, "2026-09-30", "2026-09-30", "2026-10-01")
	return c
}
