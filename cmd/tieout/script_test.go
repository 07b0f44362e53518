package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets scripts start the program as a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(tidied{m}, map[string]func(){"tieout": main})
}

// tidied runs tests, and clears what they share.
type tidied struct{ *testing.M }

// Run runs them.
func (m tidied) Run() int {
	defer func() { _ = os.RemoveAll(sharedDir()) }()
	if err := os.MkdirAll(sharedDir(), 0o700); err != nil {
		panic(err)
	}
	return m.M.Run()
}

// sharedDir is a folder of this process.
func sharedDir() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("tieout-test-%d", os.Getpid()))
}

// Scripts in testdata/script are what a person types and reads: commands, exit
// codes, messages, files. Each may use $EXAMPLE, the worked example.
func TestScripts(t *testing.T) {
	example, err := filepath.Abs(golden)
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("EXAMPLE", example)
			return os.CopyFS(env.WorkDir, os.DirFS(example))
		},
	})
}
