package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"tieout/cmd/tieout/internal/config"
	"tieout/fixtures/bench"
	"tieout/ledger"
	"tieout/recon"
	"tieout/recon/cybersource/reportfile"
	"tieout/recon/sagepro"
	"tieout/reports/answer"
)

// job is a made-up night for benchmarks, of TIEOUT_BENCH_ROWS orders.
type job struct {
	report, orders []byte
	rows           int // of both files
	policy         *config.Policy
}

func newJob(b *testing.B) *job {
	b.Helper()
	orders := 200_000
	if text := os.Getenv("TIEOUT_BENCH_ROWS"); text != "" {
		var err error
		if orders, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	var report, export bytes.Buffer
	if _, err := bench.Write(orders, 1, &report, &export); err != nil {
		b.Fatal(err)
	}
	policy, err := config.ReadPolicy("policy.yaml", bench.Policy(), os.DirFS(b.TempDir()))
	if err != nil {
		b.Fatal(err)
	}
	j := &job{report: report.Bytes(), orders: export.Bytes(), policy: policy}
	j.rows = bytes.Count(j.report, []byte("\n")) - 2 + bytes.Count(j.orders, []byte("\n")) - 1
	return j
}

// read fills fresh tables, since a reconciliation changes them.
func (j *job) read(b *testing.B) recon.Input {
	b.Helper()
	in := recon.Input{Transactions: recon.NewTransactions(j.rows, len(j.report)), Documents: recon.NewDocuments(j.rows, len(j.orders))}
	report := reportfile.Read("report.csv", 0, bytes.NewReader(j.report), reportfile.Options{}, in.Transactions)
	export := sagepro.ReadExport("orders.csv", 0, bytes.NewReader(j.orders), *j.policy.Mapping, in.Documents)
	if report.Verdict != recon.FileAccepted || export.Verdict != recon.FileAccepted {
		b.Fatalf("%+v %+v", report, export)
	}
	in.FileHashes = []string{report.SHA256}
	return in
}

// measure reports rows a second beside what the framework reports.
func (j *job) measure(b *testing.B, do func()) {
	b.SetBytes(int64(len(j.report) + len(j.orders)))
	b.ReportAllocs()
	for b.Loop() {
		do()
	}
	b.ReportMetric(float64(j.rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkReading(b *testing.B) {
	j := newJob(b)
	j.measure(b, func() { j.read(b) })
}

func BenchmarkMatching(b *testing.B) {
	j := newJob(b)
	j.measure(b, func() {
		b.StopTimer()
		in := j.read(b)
		b.StartTimer()
		recon.Reconcile(in, &j.policy.Recon, j.policy.Rules.Books(&j.policy.Recon, &in))
	})
}

func BenchmarkBooking(b *testing.B) {
	j := newJob(b)
	in := j.read(b)
	res := recon.Reconcile(in, &j.policy.Recon, j.policy.Rules.Books(&j.policy.Recon, &in))
	j.measure(b, func() {
		entries, err := ledger.RollUp(res, j.policy.Rules, false)
		if err == nil {
			err = ledger.Prove(res, &j.policy.Chart, entries).Check()
		}
		if err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkWriting renders the answer and the work list, exceptions only.
func BenchmarkWriting(b *testing.B) {
	j := newJob(b)
	j.measure(b, func() {
		b.StopTimer()
		in := j.read(b)
		night := &answer.Night{
			Result: recon.Reconcile(in, &j.policy.Recon, j.policy.Rules.Books(&j.policy.Recon, &in)), Chart: &j.policy.Chart, ExceptionsOnly: true,
		}
		var err error
		if night.Entries, err = ledger.RollUp(night.Result, j.policy.Rules, false); err != nil {
			b.Fatal(err)
		}
		night.Proof = ledger.Prove(night.Result, &j.policy.Chart, night.Entries)
		b.StartTimer()
		if err := answer.WriteBoth(io.Discard, io.Discard, night); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkWholeJob is `tieout reconcile` from files to files, without the workbook and with it.
func BenchmarkWholeJob(b *testing.B) {
	j := newJob(b)
	dir := b.TempDir()
	for name, data := range map[string][]byte{"report.csv": j.report, "orders.csv": j.orders, "policy.yaml": bench.Policy()} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	args := []string{
		"reconcile", "--detail", "exceptions", "--transactions", filepath.Join(dir, "report.csv"),
		"--documents", filepath.Join(dir, "orders.csv"), "--policy", filepath.Join(dir, "policy.yaml"), "--out", filepath.Join(dir, "out"),
	}
	for name, more := range map[string][]string{"workbook": nil, "files": {"--no-workbook"}} {
		b.Run(name, func(b *testing.B) {
			j.measure(b, func() {
				if code := run(b.Context(), append(args, more...), io.Discard, os.Stderr); code != exitDone {
					b.Fatalf("exit code %d", code)
				}
			})
		})
	}
}
