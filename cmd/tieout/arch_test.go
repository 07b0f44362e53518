package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// room is what a package may import: packages of ours on lower floors, and
// third-party modules by prefix. A pure room never touches the world.
type room struct {
	floor   int
	pure    bool
	modules []string
}

// house is the table of all packages. Imports go from higher floors to lower ones only.
func house() map[string]room {
	return map[string]room{
		"ledger/money":                  {floor: 0, pure: true},
		"recon/carddata":                {floor: 0, pure: true, modules: []string{"golang.org/x/text"}},
		"recon/delimited":               {floor: 0, pure: true},
		"recon/nested":                  {floor: 1, pure: true, modules: []string{"golang.org/x/text"}},
		"recon":                         {floor: 1, pure: true, modules: []string{"golang.org/x/text"}},
		"recon/neutral":                 {floor: 2, pure: true, modules: []string{"github.com/gocarina/gocsv"}},
		"recon/cybersource/reportfile":  {floor: 2, pure: true, modules: []string{"golang.org/x/text"}},
		"recon/recount":                 {floor: 0, pure: true},
		"recon/secret":                  {floor: 0, pure: true, modules: []string{"filippo.io/age"}},
		"recon/cybersource":             {floor: 3, modules: []string{"github.com/failsafe-go/failsafe-go", "github.com/golang-jwt/jwt/v5", "software.sslmate.com/src/go-pkcs12"}},
		"recon/sagepro/dbf":             {floor: 0, pure: true, modules: []string{"golang.org/x/text"}},
		"recon/sagepro/survey":          {floor: 3, pure: true},
		"recon/sagepro/unposted":        {floor: 4, pure: true},
		"recon/sagepro":                 {floor: 2, modules: []string{"golang.org/x/text", "github.com/microsoft/go-mssqldb", "github.com/alexbrainman/odbc"}},
		"ledger":                        {floor: 2, pure: true},
		"recon/night":                   {floor: 3, pure: true},
		"recon/pickup":                  {floor: 1, modules: []string{"github.com/ProtonMail/gopenpgp/v3"}},
		"recon/store/queue":             {floor: 1, modules: []string{"github.com/riverqueue/river", "github.com/jackc/pgx/v5"}},
		"recon/store":                   {floor: 4, modules: []string{"github.com/jackc/pgx/v5", "modernc.org/sqlite", "github.com/pressly/goose/v3", "golang.org/x/sys"}},
		"recon/store/storetest":         {floor: 5, modules: []string{"github.com/google/go-cmp", "github.com/jackc/pgx/v5"}},
		"ledger/posting":                {floor: 3, pure: true, modules: []string{"github.com/gocarina/gocsv", "golang.org/x/text"}},
		"ledger/drop/seal":              {floor: 0, modules: []string{"github.com/ProtonMail/gopenpgp/v3"}},
		"ledger/drop/durable/failpoint": {floor: 0},
		"ledger/drop/durable":           {floor: 1, modules: []string{"golang.org/x/sys"}},
		"ledger/drop":                   {floor: 2, modules: []string{"github.com/pkg/sftp", "github.com/skeema/knownhosts", "golang.org/x/crypto/ssh"}},
		"reports":                       {floor: 4, pure: true},
		"reports/answer":                {floor: 5, pure: true},
		"reports/workbook":              {floor: 5, pure: true, modules: []string{"github.com/xuri/excelize/v2"}},
		"fixtures/oracle":               {floor: 0, pure: true},
		"fixtures/bench":                {floor: 0, pure: true},
		"fixtures/scenario":             {floor: 0, pure: true},
		"fixtures/office":               {floor: 0},
		"fixtures/inputs":               {floor: 4, pure: true},
		"fixtures/sandbox/mailhost":     {floor: 0},
		"fixtures/sandbox/receiver":     {floor: 0, modules: []string{"github.com/pkg/sftp", "golang.org/x/crypto/ssh"}},
		"fixtures/sandbox/sftphost":     {floor: 0, modules: []string{"golang.org/x/crypto/ssh"}},
		"fixtures/demo":                 {floor: 0, pure: true},
		"fixtures/sandbox":              {floor: 1},
		"fixtures/sandbox/company":      {floor: 1, pure: true, modules: []string{"golang.org/x/text"}},
		"fixtures/sandbox/clerk":        {floor: 2},
		"cmd/tieout/internal/config":    {floor: 6, modules: []string{"github.com/goccy/go-yaml"}},
		"cmd/tieout/internal/logs":      {floor: 6},
		"cmd/tieout/internal/service":   {floor: 6, modules: []string{"github.com/go-co-op/gocron/v2", "github.com/google/uuid", "github.com/wneessen/go-mail", "github.com/prometheus/client_golang"}},
		"cmd/tieout":                    {floor: 7, modules: []string{"github.com/wneessen/go-mail", "filippo.io/age", "golang.org/x/crypto/ssh", "github.com/spf13/cobra", "github.com/kardianos/service"}},
	}
}

// world is what a pure package never imports.
func world() []string {
	return []string{"os", "os/exec", "os/signal", "net", "net/http", "database/sql", "math/rand", "math/rand/v2", "crypto/rand", "syscall", "log", "plugin"}
}

// seeded packages may draw from a generator that they are handed the seed of.
func seeded(pkg string) bool {
	return pkg == "fixtures/scenario" || pkg == "fixtures/demo" || pkg == "fixtures/sandbox/company"
}

func TestImportsGoDownstairs(t *testing.T) {
	seen := map[string]bool{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		rel, _ := filepath.Rel(root, filepath.Dir(path))
		pkg := filepath.ToSlash(rel)
		seen[pkg] = true
		r, ok := house()[pkg]
		if !ok {
			t.Errorf("package %s is not in the table of the house", pkg)
			return nil
		}
		checkFile(t, path, pkg, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) < 5 {
		t.Fatalf("only %d packages found: the walk looks at the wrong folder", len(seen))
	}
}

func checkFile(t *testing.T, path, pkg string, r room) {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range file.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		if fault := importFault(pkg, r, name); fault != "" {
			t.Errorf("%s imports %s: %s", path, name, fault)
		}
	}
}

func importFault(pkg string, r room, name string) string {
	switch {
	case strings.HasPrefix(name, "tieout/"):
		below, ok := house()[strings.TrimPrefix(name, "tieout/")]
		if !ok {
			return "not in the table of the house"
		}
		if below.floor >= r.floor {
			return "upstairs, or on the same floor"
		}
	case strings.Contains(strings.Split(name, "/")[0], "."):
		if !slices.ContainsFunc(r.modules, func(m string) bool { return strings.HasPrefix(name, m) }) {
			return "third-party module that this room may not use"
		}
	case r.pure && slices.Contains(world(), name) && !(seeded(pkg) && name == "math/rand/v2"):
		return "a pure room never touches the world"
	}
	return ""
}

func TestImportFaultsAreSeen(t *testing.T) {
	for _, c := range []struct{ pkg, name string }{
		{"recon", "tieout/ledger"},
		{"recon", "os"},
		{"recon", "tieout/reports/answer"},
		{"ledger", "github.com/spf13/cobra"},
		{"ledger", "tieout/nowhere"},
	} {
		if importFault(c.pkg, house()[c.pkg], c.name) == "" {
			t.Errorf("%s may not import %s, and the table lets it", c.pkg, c.name)
		}
	}
}
