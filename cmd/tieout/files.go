package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"tieout/cmd/tieout/internal/config"
	"tieout/recon"
	"tieout/recon/cybersource/reportfile"
	"tieout/recon/neutral"
	"tieout/recon/sagepro"
)

// inputFiles are the files of a one-shot run, in the order of inputs.json.
type inputFiles struct {
	transactions                      []string
	documents, history, funding, bank []string
	names                             map[string]string // by path: what people call a file, where that is not its base name
}

// intake is what was read of them.
type intake struct {
	input   recon.Input
	reports []recon.FileReport
	ofRows  []int // report of each transaction file, by file number
	ofDocs  []int

	histories, fundings, banks uint16 // files of each that were read
}

// newIntake reserves the tables for what the files may hold. What of them stays
// empty takes no memory, as long as their place was never used before, which is not
// certain: in a run over large files they come first of all, and no longer than they
// should be.
func newIntake(f inputFiles) (*intake, error) {
	rows, text, err := sizes(f.transactions)
	if err != nil {
		return nil, err
	}
	docs, docText, err := sizes(f.documents)
	if err != nil {
		return nil, err
	}
	return &intake{input: recon.Input{
		Transactions: recon.NewTransactions(rows, text),
		Documents:    recon.NewDocuments(docs, docText),
		HasFunding:   len(f.funding) > 0, HasBank: len(f.bank) > 0,
	}}, nil
}

// readFiles reads and judges all files. The error is for files that cannot be
// opened; what is wrong inside a file is in its report.
func readFiles(f inputFiles, p *config.Policy) (*intake, error) {
	in, err := newIntake(f)
	if err != nil {
		return nil, err
	}
	return in, in.fill(f, p)
}

func (in *intake) fill(f inputFiles, p *config.Policy) error {
	for _, group := range []struct {
		paths []string
		read  func(name string, r *bufio.Reader) recon.FileReport
	}{
		{f.transactions, func(name string, r *bufio.Reader) recon.FileReport { return in.readTransactions(name, r, p) }},
		{f.documents, func(name string, r *bufio.Reader) recon.FileReport { return in.readDocuments(name, r, p) }},
		{f.history, in.readHistory},
		{f.funding, in.readFunding},
		{f.bank, in.readBank},
	} {
		for _, path := range group.paths {
			name := filepath.Base(path)
			if called, has := f.names[path]; has {
				name = called
			}
			if err := in.read(path, name, group.read); err != nil {
				return err
			}
		}
	}
	return nil
}

// sizes are about how many lines files have, as they begin and an eighth more, and
// how many bytes of text at most.
func sizes(paths []string) (lines, text int, err error) {
	head := make([]byte, 64<<10)
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return 0, 0, fmt.Errorf("cannot read %s: %w", path, err)
		}
		info, err := f.Stat()
		n, _ := io.ReadFull(f, head)
		if err := errors.Join(err, f.Close()); err != nil {
			return 0, 0, fmt.Errorf("cannot read %s: %w", path, err)
		}
		size, begin := int(info.Size()), bytes.Count(head[:n], []byte{'\n'})
		lines += size/max(1, n)*begin*9/8 + begin + 16
		text += size + 1024
	}
	return lines, text, nil
}

func (in *intake) read(path, name string, read func(string, *bufio.Reader) recon.FileReport) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", path, err)
	}
	defer f.Close()
	in.reports = append(in.reports, read(name, bufio.NewReaderSize(f, 64<<10)))
	return nil
}

func (in *intake) readTransactions(name string, r *bufio.Reader, p *config.Policy) recon.FileReport {
	file := uint16(len(in.ofRows))
	in.ofRows = append(in.ofRows, len(in.reports))
	head, _ := r.Peek(64 << 10)
	var report recon.FileReport
	if neutral.Recognise(head) != "" {
		report = neutral.ReadTransactions(name, file, r, in.input.Transactions)
	} else {
		report = reportfile.Read(name, file, r, reportfile.Options{
			PaymentTypes: p.PaymentTypes, Aliases: p.ReportColumns, SettlementDate: p.Recon.SettlementDate,
		}, in.input.Transactions)
	}
	in.input.FileHashes = append(in.input.FileHashes, report.SHA256)
	in.input.Ranks = append(in.input.Ranks, reportfile.Rank(reportfile.Kind(report.Kind)))
	return report
}

func (in *intake) readDocuments(name string, r *bufio.Reader, p *config.Policy) recon.FileReport {
	file := uint16(len(in.ofDocs))
	in.ofDocs = append(in.ofDocs, len(in.reports))
	head, _ := r.Peek(64 << 10)
	if p.ERP != nil && sagepro.IsExtract(head) {
		return p.ERP.ReadExtract(name, file, r, in.input.Documents)
	}
	if p.Mapping != nil && neutral.Recognise(head) != neutral.Documents {
		return sagepro.ReadExport(name, file, r, *p.Mapping, in.input.Documents)
	}
	return neutral.ReadDocuments(name, file, r, in.input.Documents)
}

func (in *intake) readHistory(name string, r *bufio.Reader) recon.FileReport {
	rows, report := neutral.ReadHistory(name, in.histories, r)
	in.histories++
	in.input.History = append(in.input.History, rows...)
	return report
}

func (in *intake) readFunding(name string, r *bufio.Reader) recon.FileReport {
	rows, report := neutral.ReadFunding(name, in.fundings, r)
	in.fundings++
	in.input.Deposits = append(in.input.Deposits, rows...)
	return report
}

func (in *intake) readBank(name string, r *bufio.Reader) recon.FileReport {
	rows, report := neutral.ReadBank(name, in.banks, r)
	in.banks++
	in.input.BankLines = append(in.input.BankLines, rows...)
	return report
}

// condemned names the files of which no row is used.
func (in *intake) condemned() (names []string) {
	for i := range in.reports {
		if r := &in.reports[i]; r.Condemned() {
			names = append(names, r.File+" is "+string(r.Verdict)+whyOf(r))
		}
	}
	return names
}

// whyOf is the first finding of a condemned file, in brackets.
func whyOf(r *recon.FileReport) string {
	if len(r.Findings) == 0 {
		return ""
	}
	f := &r.Findings[0]
	if f.Line == 0 {
		return " (" + f.Message + ")"
	}
	return fmt.Sprintf(" (line %d: %s)", f.Line, f.Message)
}

// check refuses names that cannot be read as files, by the flags that name them.
func (f *inputFiles) check() error {
	var faults []error
	for _, group := range []struct {
		flag  string
		paths []string
	}{{"--transactions", f.transactions}, {"--documents", f.documents}, {"--history", f.history}, {"--funding", f.funding}, {"--bank", f.bank}} {
		for _, path := range group.paths {
			if err := readable(path); err != nil {
				faults = append(faults, fmt.Errorf("%s %s: %w", group.flag, path, err))
			}
		}
	}
	return errors.Join(faults...)
}

// readable tells why a path cannot be read as a file, and what to do.
func readable(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no such file; check its name and the folder that you are in")
	case err != nil:
		return fmt.Errorf("it cannot be read (%w); check who may read it", bare(err))
	case info.IsDir():
		return errors.New("it is a folder; name a file in it")
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("it cannot be read (%w); check who may read it", bare(err))
	}
	return f.Close()
}

// writable tells why no folder can be made or filled there, and what to do.
func writable(dir string) error {
	at := filepath.Clean(dir)
	info, err := os.Stat(at)
	for err != nil && at != filepath.Dir(at) { // it is made, where what it will lie in is there
		at = filepath.Dir(at)
		info, err = os.Stat(at)
	}
	if err == nil && !info.IsDir() {
		return fmt.Errorf("%s is a file; name a folder, which is made if it is absent", at)
	}
	if err == nil {
		err = probe(at)
	}
	if err != nil {
		return fmt.Errorf("nothing can be written to %s (%w); name a folder that you may write to", at, bare(err))
	}
	return nil
}

// probe makes a file and takes it away again.
func probe(dir string) error {
	f, err := os.CreateTemp(dir, ".tieout-*.tmp")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// bare is an error without the path that stands beside it already.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// reportsOf are the reports at the given places.
func (in *intake) reportsOf(places []int) (reports []recon.FileReport) {
	for _, at := range places {
		reports = append(reports, in.reports[at])
	}
	return reports
}

// judge completes the reports with what stage 0 found.
func (in *intake) judge(res *recon.Result) {
	for file, counts := range res.FileCounts() {
		report := &in.reports[in.ofRows[file]]
		for _, f := range counts.Findings {
			report.Note(f)
		}
		report.Judge(&counts)
	}
}

// writeReports writes inputs.json.
func (in *intake) writeReports(w io.Writer) error {
	out := &bytes.Buffer{}
	for i := range in.reports {
		in.reports[i].Close()
		b, err := in.reports[i].MarshalJSON()
		if err != nil {
			return err
		}
		separator := ",\n "
		if i == 0 {
			separator = "[\n "
		}
		out.WriteString(separator)
		out.Write(b)
	}
	out.WriteString("\n]\n")
	_, err := w.Write(out.Bytes())
	return err
}
