package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

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
// codes, messages, files. Each may use $EXAMPLE, the worked example, $AT, a time that
// is always past, and the command within.
func TestScripts(t *testing.T) {
	example, err := filepath.Abs(golden)
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"within": awaitText},
		Setup: func(env *testscript.Env) error {
			env.Setenv("EXAMPLE", example)
			env.Setenv("AT", "00:00")
			return os.CopyFS(env.WorkDir, os.DirFS(example))
		},
	})
}

// awaitText waits until a text is in one of the files of a pattern: within PATTERN TEXT.
func awaitText(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: within PATTERN TEXT")
	}
	text := regexp.MustCompile(args[1])
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		paths, _ := filepath.Glob(ts.MkAbs(args[0]))
		for _, path := range paths {
			if data, err := os.ReadFile(path); err == nil && text.Match(data) {
				return
			}
		}
	}
	ts.Fatalf("waited in vain for %q in %s", args[1], args[0])
}

// What the README tells a newcomer to type is what the script types: the addresses
// and the sweep differ, for a test takes free ports and no minute, and so does the time.
func TestTheNewcomersScriptIsTheReadmes(t *testing.T) {
	readme := read(t, filepath.Join("..", "..", "README.md"))
	_, section, _ := strings.Cut(readme, "\n## A night on its own, against the sandbox\n")
	section, _, _ = strings.Cut(section, "\n## ")
	script := read(t, filepath.Join("testdata", "script", "newcomer.txtar"))
	typed := 0
	for line := range strings.Lines(section) {
		command, indented := strings.CutPrefix(strings.TrimRight(line, "\n"), "    ./")
		if !indented {
			continue
		}
		typed++
		if !regexp.MustCompile(`(?m)^exec ` + regexp.QuoteMeta(command) + `( --(processor|sftp|mail|sweep) \S+)*( &\w+&)?$`).MatchString(script) {
			t.Errorf("the script does not type %q", command)
		}
	}
	if typed != 5 {
		t.Errorf("%d commands were found in the README", typed)
	}
}
