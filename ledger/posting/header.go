package posting

import (
	"errors"
	"fmt"
	"strconv"

	"tieout/ledger/money"
	"tieout/recon"
)

// Header is what a posting file says about itself in its first record.
type Header struct {
	Company  string // A-Z 0-9 _, at most 8 characters
	Target   string // "" while the company has one target, else A-Z 0-9 _
	Sequence int    // gapless per company and target, from 1 (PF-04)
	Created  string // RFC 3339: as_of at 00:00Z, never the clock
	From, To recon.Date
	Base     money.Currency
	RunID    string
}

// FileID identifies the file to its receiver, who drops what it has seen
// (PF-04, PF-11): company, target where there are several, sequence in six digits.
func (h Header) FileID() string {
	return fmt.Sprintf("%s%s%06d", h.Company, h.Target, h.Sequence)
}

// Name is the name of the file (PF-05) with the extension of its format, such
// as "txt": GL_TIEOUT_20261001_000001.txt. The date is the last day of the range.
func (h Header) Name(extension string) string {
	day := h.To.String()
	if h.To != 0 {
		day = day[0:4] + day[5:7] + day[8:10]
	}
	return fmt.Sprintf("GL_%s_%s_%06d.%s", h.Company, day, h.Sequence, extension)
}

// fields is the H record.
func (h Header) fields() []field {
	return []field{
		{"record", "H"},
		{"product", "TIEOUT"},
		{"version", "1"},
		{"file_id", h.FileID()},
		{"company", h.Company},
		{"sequence", strconv.Itoa(h.Sequence)},
		{"created", h.Created},
		{"date_from", h.From.String()},
		{"date_to", h.To.String()},
		{"base", h.Base.String()},
		{"run_id", h.RunID},
	}
}

// check refuses a header that a reader would refuse.
func (h Header) check() error {
	switch {
	case len(h.Company) == 0 || len(h.Company) > 8 || !nameCharacters(h.Company):
		return fmt.Errorf("company %q: 1 to 8 characters of A-Z 0-9 _ are needed", h.Company)
	case !nameCharacters(h.Target):
		return fmt.Errorf("target %q: only A-Z 0-9 _ are allowed", h.Target)
	case h.Sequence < 1:
		return fmt.Errorf("sequence %d: sequences begin at 1", h.Sequence)
	case h.From == 0 || h.To == 0 || h.From > h.To:
		return fmt.Errorf("date range %q to %q is no range", h.From, h.To)
	case h.Base == 0:
		return errors.New("base currency is missing")
	case !isCode(h.RunID):
		return fmt.Errorf("run id %q is empty or has | or control characters", h.RunID)
	}
	if _, err := recon.ParseInstant(h.Created); err != nil {
		return fmt.Errorf("created: %w", err)
	}
	return nil
}

// nameCharacters tells whether text keeps to the characters of PF-05.
func nameCharacters(text string) bool {
	for _, r := range text {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return true
}
