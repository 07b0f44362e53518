package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Kept is a file of the archive that the store names.
type Kept struct {
	SHA256 string `json:"sha256"`
	Kind   string `json:"kind"` // the role of an input, or the kind of a result
	Name   string `json:"name"`
	Size   int64  `json:"size"`
}

// Kept lists what the store names of the archive: inputs of runs, fetched
// reports, results, posting files and setups of runs, each once for what it is.
func (s *Store) Kept(ctx context.Context, company string) (all []Kept, err error) {
	for _, query := range []string{
		`SELECT sha256, role, name, size FROM files WHERE company = $1`,
		`SELECT sha256, 'fetched', file, size FROM report_cells WHERE company = $1 AND sha256 <> ''`,
		`SELECT a.sha256, a.kind, a.name, a.size FROM artifacts a JOIN runs r ON r.run_no = a.run_no WHERE r.company = $1`,
		`SELECT sha256, 'posting', name, size FROM delivery_parts WHERE company = $1`,
		`SELECT setup, 'setup', 'setup.json', setup_size FROM runs WHERE company = $1 AND state = 'COMMITTED' AND setup <> ''`,
	} {
		err := each(ctx, s.db, query, []any{company}, func(scan func(...any) error) error {
			var k Kept
			err := scan(&k.SHA256, &k.Kind, &k.Name, &k.Size)
			all = append(all, k)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b Kept) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name), strings.Compare(a.SHA256, b.SHA256))
	})
	return slices.Compact(all), nil
}

// Verify reads a kept file and compares it with its hash and size.
func (a *Archive) Verify(hash string, size int64) error {
	f, err := a.Open(hash)
	if err != nil {
		return err
	}
	defer f.Close()
	digest := sha256.New()
	n, err := io.Copy(digest, f)
	switch got := hex.EncodeToString(digest.Sum(nil)); {
	case err != nil:
		return fmt.Errorf("archive: %w", err)
	case n != size:
		return fmt.Errorf("has %d bytes where %d were kept", n, size)
	case got != hash:
		return fmt.Errorf("was changed: its bytes have the hash %s", got)
	}
	return nil
}
