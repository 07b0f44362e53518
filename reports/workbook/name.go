package workbook

import (
	"fmt"
	"strings"

	"tieout/recon"
)

// Name is the file name of a workbook (XLS-17):
// acme_us_exceptions_2026-09-29_2026-10-01_2026-10-02_r1.xlsx.
// Company and kind become lower case; what is not a letter, a digit or _ becomes _.
func Name(company, kind string, from, to, asof recon.Date, revision int) string {
	return fmt.Sprintf("%s_%s_%s_%s_%s_r%d.xlsx", plain(company), plain(kind), from, to, asof, revision)
}

func plain(word string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(word))
}
