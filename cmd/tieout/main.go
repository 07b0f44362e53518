// Command tieout reconciles what the card processor settled with what the ERP
// sold, books the result and says what does not agree. One file per verb.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	// The zone database travels with the binary (MAT-06).
	_ "time/tzdata"

	"github.com/spf13/cobra"

	"tieout/recon/carddata"
	"tieout/recon/store"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// Exit codes of the program.
const (
	exitDone       = 0
	exitFailed     = 1
	exitUsage      = 2
	exitExceptions = 3
	exitMissing    = 4
	exitUnproven   = 5
	exitPeriod     = 6
	exitLocked     = 7
	exitInterrupt  = 130
)

// exitError carries the exit code that an error ends the program with.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func usage(err error) error { return &exitError{exitUsage, err} }

// failed gives an error that has no exit code of its own the code of a failed run.
func failed(err error) error {
	var exit *exitError
	if err == nil || errors.As(err, &exit) {
		return err
	}
	if errors.Is(err, store.ErrFenced) {
		return &exitError{exitLocked, err}
	}
	return &exitError{exitFailed, err}
}

// run is the program without the process: it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := &cobra.Command{
		Use: "tieout", Short: "Reconcile card settlements with the ERP, to the cent",
		SilenceUsage: true, SilenceErrors: true, CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.AddCommand(
		reconcileCommand(),
		runCommand(),
		fetchCommand(),
		statusCommand(),
		deliverCommand(),
		serveCommand(),
		serviceCommand(),
		explainCommand(),
		initCommand(),
		checkCommand(),
		archiveCommand(),
		verifyCommand(),
		backupCommand(),
		restoreCommand(),
		demoCommand(),
		sandboxCommand(),
	)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	fmt.Fprintln(stderr, "tieout:", carddata.Mask(err.Error())) // R7
	return exitCode(ctx, err)
}

// exitCode maps an error to its exit code. What carries none came from the
// command line itself: an unknown verb or flag.
func exitCode(ctx context.Context, err error) int {
	var exit *exitError
	switch {
	case ctx.Err() != nil:
		return exitInterrupt
	case errors.As(err, &exit):
		return exit.code
	}
	return exitUsage
}
