package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	"tieout/cmd/tieout/internal/config"
	"tieout/recon/sagepro/survey"
)

// erp looks at the ERP: everything that the mapping names and the tables do not
// have, at once. With --survey it writes down what the tables are like. Tables in
// a folder are always looked at whole; a database only for a survey.
func (v *checkVerb) erp(ctx context.Context, n *nightly) []checked {
	door := n.cfg.Door
	switch {
	case door == nil && v.survey != "":
		return []checked{{What: "ERP", Told: "--survey needs documents: {kind: dbf, tables, sqlserver or odbc, ...} and sage_pro in the configuration", usage: true}}
	case door == nil:
		return nil
	case door.Kind == config.DBF:
		folder := n.path(door.Folder)
		s, err := survey.Take(os.DirFS(folder), v.plan(n))
		if err != nil {
			return []checked{{What: "ERP", Told: fmt.Sprintf("the folder %s cannot be read: %v", folder, err)}}
		}
		return v.surveyed(s, folder)
	}
	tables, closeDoor, err := n.openERP(ctx)
	if err != nil {
		return []checked{{What: "ERP", Told: err.Error()}}
	}
	var all []checked
	if v.survey != "" {
		all = v.surveyed(survey.TakeTables(ctx, tables, v.plan(n)), cmp.Or(door.Address, n.path(door.Folder)))
	} else {
		all = toldOf(faultsOf(n.cfg.ERP.CheckTables(ctx, tables)), "every table and column that the mapping names is there")
	}
	if err := closeDoor(); err != nil {
		all = append(all, checked{What: "ERP", Told: err.Error()})
	}
	return all
}

// plan is what of the ERP is looked at.
func (v *checkVerb) plan(n *nightly) survey.Plan {
	longest := 0
	for id := range n.cfg.Recon.Merchants {
		longest = max(longest, len(id))
	}
	return survey.PlanOf(n.cfg.ERP, longest)
}

func faultsOf(errs []error) (faults []string) {
	for _, err := range errs {
		faults = append(faults, err.Error())
	}
	return faults
}

// toldOf are the faults, or that there are none.
func toldOf(faults []string, sound string) (all []checked) {
	for _, fault := range faults {
		all = append(all, checked{What: "ERP", Told: fault, usage: true})
	}
	if len(all) == 0 {
		all = []checked{{What: "ERP", OK: true, Told: sound}}
	}
	return all
}

// surveyed tells what was found, and writes it where somebody wants it.
func (v *checkVerb) surveyed(s *survey.Survey, source string) []checked {
	tables, rows := s.Counts()
	all := toldOf(s.Faults, fmt.Sprintf("%d tables with %s rows hold every column that the mapping names", tables, thousands(rows)))
	if v.survey == "" {
		return all
	}
	written := checked{What: "survey", OK: true, Told: "written to " + v.survey + "; it holds no names, amounts or whole keys"}
	if err := v.writeSurvey(s, source); err != nil {
		written.OK, written.Told = false, err.Error()
	}
	return append(all, written)
}

func (v *checkVerb) writeSurvey(s *survey.Survey, source string) error {
	f, err := os.Create(v.survey)
	if err != nil {
		return err
	}
	return errors.Join(s.Write(f, v.now(), source), f.Close())
}
