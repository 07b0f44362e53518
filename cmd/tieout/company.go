package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"tieout/fixtures/demo"
	"tieout/fixtures/sandbox/clerk"
	"tieout/fixtures/sandbox/company"
)

// companyVerb is `tieout sandbox company`: a made-up Sage Pro company in a folder.
type companyVerb struct {
	dir, generation, form string
	seed                  uint64
	live                  bool
	breath                func(milliseconds int) bool // between two writes; false ends the work
}

func companyCommand() *cobra.Command {
	v := &companyVerb{}
	cmd := &cobra.Command{
		Use:   "company --dir DIR",
		Short: "Write a made-up Sage Pro company: the ERP of the demonstration, as tables, exports or SQL",
		Long: `Writes the company of the demonstration as its ERP holds it on the last evening of the month:
customers, orders, invoices, receipts, items, chart of accounts, fiscal calendar and next numbers,
with what makes an old ERP awkward. --form csv writes one export for each table, --form sql one
file of statements for a database without the tables.

With --live people work in the folder until SIGINT or SIGTERM: they enter, bill, correct, void and
delete documents, row by row, while somebody reads. They never need a table for themselves here.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return failed(v.run(cmd.Context(), cmd.OutOrStdout())) },
	}
	flags := cmd.Flags()
	flags.StringVar(&v.dir, "dir", "", "folder for the company; one that is there must be an earlier company, which is replaced")
	flags.StringVar(&v.generation, "generation", string(company.G3), "g1 (SBT for DOS), g2 (Pro Series 2), g3 (Visual FoxPro) or g4 (SQL Server; with --form sql)")
	flags.StringVar(&v.form, "form", "dbf", "dbf, csv or sql")
	flags.Uint64Var(&v.seed, "seed", 1, "another seed, another company")
	flags.BoolVar(&v.live, "live", false, "keep working in the folder")
	return cmd
}

// companyMark is the file by which a folder is known as a made-up company.
const companyMark = ".tieout-company"

func (v *companyVerb) run(ctx context.Context, stdout io.Writer) error {
	if err := v.check(); err != nil {
		return usage(err)
	}
	c := v.grow()
	files := append(v.files(c), company.File{Name: companyMark, Data: fmt.Appendf(nil, "a made-up company, seed %d; safe to delete\n", v.seed)})
	if err := clerk.Write(v.dir, files); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s: a company of %s, seed %d, with %s documents in %d files\n", v.dir, v.generation, v.seed, thousands(len(c.Documents)), len(files)-1)
	if !v.live {
		return nil
	}
	return v.work(ctx, c, stdout)
}

func (v *companyVerb) check() error {
	known := []company.Generation{company.G1, company.G2, company.G3, company.G4}
	switch {
	case v.dir == "":
		return errors.New("--dir is required")
	case !slices.Contains(known, company.Generation(v.generation)):
		return fmt.Errorf("--generation %s: g1, g2, g3 or g4 is needed", v.generation)
	case !slices.Contains([]string{"dbf", "csv", "sql"}, v.form):
		return fmt.Errorf("--form %s: dbf, csv or sql is needed", v.form)
	case v.generation == string(company.G4) && v.form == "dbf":
		return errors.New("--generation g4 has no tables in files; add --form sql or --form csv")
	case v.live && v.form != "dbf":
		return errors.New("--live needs the tables; leave --form out")
	}
	return clearMarked(v.dir, companyMark, "made-up company", "--dir")
}

// grow makes the company of the last evening of the demonstration's month.
func (v *companyVerb) grow() *company.Company {
	month := demo.Grow(v.seed)
	last := month.Nights[len(month.Nights)-1]
	return company.Grow(company.Options{Seed: v.seed, Generation: company.Generation(v.generation), Today: last.Date, Documents: last.Documents})
}

func (v *companyVerb) files(c *company.Company) []company.File {
	switch v.form {
	case "csv":
		return c.Exports()
	case "sql":
		var all []byte
		for _, statement := range c.SQL("") {
			all = append(append(all, statement...), ";\n"...)
		}
		return []company.File{{Name: "company.sql", Data: all}}
	}
	return c.Folder()
}

// work lets people work until the context ends; it says once in a while how far they are.
func (v *companyVerb) work(ctx context.Context, c *company.Company, stdout io.Writer) error {
	dice, account := rand.New(rand.NewPCG(v.seed, 1)), clerk.NewAccount(c.Documents)
	k := &clerk.Clerk{Dir: v.dir, Desk: company.NewDesk(c, dice), Account: account}
	if v.breath == nil {
		v.breath = func(milliseconds int) bool {
			select {
			case <-ctx.Done():
				return false
			case <-time.After(time.Duration(milliseconds) * time.Millisecond):
				return true
			}
		}
	}
	k.Pause = func() error {
		if n := account.Done(); n > 0 && n%100 == 0 {
			fmt.Fprintf(stdout, "%s writes; %s documents\n", thousands(n), thousands(len(c.Documents)))
		}
		if !v.breath(dice.IntN(200)) {
			return ctx.Err()
		}
		return nil
	}
	return k.Work(ctx)
}

// clearMarked makes room: what an earlier call made goes, anything else is refused.
func clearMarked(dir, mark, what, flag string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", flag, err)
	case len(entries) == 0:
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, mark)); err != nil {
		return fmt.Errorf("%s %s: the folder is there and is no %s; name another one with %s", flag, dir, what, flag)
	}
	return os.RemoveAll(dir)
}
