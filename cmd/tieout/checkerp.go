package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"tieout/cmd/tieout/internal/config"
	"tieout/recon/sagepro/survey"
)

// erp looks at the ERP: everything that the mapping names and the tables do not
// have, at once. With --survey it writes down what the tables are like.
func (v *checkVerb) erp(ctx context.Context, n *nightly) []checked {
	door := n.cfg.Door
	switch {
	case door == nil && v.survey != "":
		return []checked{{What: "ERP", Told: "--survey needs documents: {kind: dbf, folder: ...} and sage_pro in the configuration", usage: true}}
	case door == nil:
		return nil
	case door.Kind == config.DBF:
		return v.surveyed(n)
	case v.survey != "":
		return []checked{{What: "ERP", Told: "--survey reads a folder of tables; of a " + door.Kind + " source the check alone is made", usage: true}}
	}
	tables, closeDoor, err := n.openERP(ctx)
	if err != nil {
		return []checked{{What: "ERP", Told: err.Error()}}
	}
	faults := n.cfg.ERP.CheckTables(ctx, tables)
	if err := closeDoor(); err != nil {
		faults = append(faults, err)
	}
	var all []checked
	for _, fault := range faults {
		all = append(all, checked{What: "ERP", Told: fault.Error(), usage: true})
	}
	if len(all) == 0 {
		all = []checked{{What: "ERP", OK: true, Told: "every table and column that the mapping names is there"}}
	}
	return all
}

// surveyed looks at every table of a folder.
func (v *checkVerb) surveyed(n *nightly) []checked {
	longest := 0
	for id := range n.cfg.Recon.Merchants {
		longest = max(longest, len(id))
	}
	folder := n.path(n.cfg.Door.Folder)
	s, err := survey.Take(os.DirFS(folder), survey.PlanOf(n.cfg.ERP, longest))
	if err != nil {
		return []checked{{What: "ERP", Told: fmt.Sprintf("the folder %s cannot be read: %v", folder, err)}}
	}
	var all []checked
	for _, fault := range s.Faults {
		all = append(all, checked{What: "ERP", Told: fault, usage: true})
	}
	if len(all) == 0 {
		tables, rows := s.Counts()
		all = append(all, checked{What: "ERP", OK: true, Told: fmt.Sprintf("%d tables with %s rows hold every column that the mapping names", tables, thousands(rows))})
	}
	if v.survey == "" {
		return all
	}
	written := checked{What: "survey", OK: true, Told: "written to " + v.survey + "; it holds no names, amounts or whole keys"}
	if err := v.writeSurvey(s, folder); err != nil {
		written.OK, written.Told = false, err.Error()
	}
	return append(all, written)
}

func (v *checkVerb) writeSurvey(s *survey.Survey, folder string) error {
	f, err := os.Create(v.survey)
	if err != nil {
		return err
	}
	return errors.Join(s.Write(f, v.now(), folder), f.Close())
}
