package main

import (
	"archive/zip"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Section 7, test (f), and XLS-04: row 29's reference and bank line K09's
// description begin with = and are text in the workbook of the command, in no
// cell a formula, and quoted so that they stay text.
func TestHostileTextsAreInert(t *testing.T) {
	out, _ := reconcile(t, 0, example(golden)...)
	book, err := zip.OpenReader(filepath.Join(out, "exceptions.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	hostile := map[string]string{"row 29": `=cmd|'/c calc'!A0`, "K09": "=UNKNOWN CREDIT"}
	escaped := strings.NewReplacer("'", "&#39;", "&", "&amp;")
	seen := map[string]int{}
	formula := regexp.MustCompile(`(?s)<f[ >].*?</f>`)
	for _, file := range book.File {
		r, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		for name, value := range hostile {
			for _, form := range []string{value, escaped.Replace(value), strings.ReplaceAll(value, "'", "&apos;")} {
				if strings.Contains(text, form) {
					seen[name]++
					break
				}
			}
		}
		for _, f := range formula.FindAllString(text, -1) {
			if strings.Contains(f, "cmd|") || strings.Contains(f, "UNKNOWN CREDIT") {
				t.Errorf("%s: %s", file.Name, f)
			}
		}
	}
	for name := range hostile {
		if seen[name] == 0 {
			t.Errorf("%s is nowhere in the workbook", name)
		}
	}
	list := read(t, filepath.Join(out, "exceptions.csv"))
	if !strings.Contains(list, `,'=cmd|'/c calc'!A0,`) {
		t.Error("exceptions.csv does not quote the reference of row 29")
	}
}
