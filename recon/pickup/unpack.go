package pickup

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Limits bound what is unpacked (R8). A file that is not packed has no limit: it streams.
type Limits struct {
	Size    int64 // bytes of one container, packed as well as unpacked; 64 MiB for 0
	Ratio   int64 // unpacked bytes to packed ones; 200 for 0
	Entries int   // of one zip; 1,000 for 0
	Depth   int   // containers within containers; 2 for 0
}

func (l Limits) orDefault() Limits {
	if l.Size == 0 {
		l.Size = 64 << 20
	}
	if l.Ratio == 0 {
		l.Ratio = 200
	}
	if l.Entries == 0 {
		l.Entries = 1000
	}
	if l.Depth == 0 {
		l.Depth = 2
	}
	return l
}

// ErrLimit is a container that unpacks to more than the limits.
var ErrLimit = errors.New("beyond the limits of a container")

// slack is what every container may unpack to, whatever the ratio: a report of
// repeated rows is small, and packs well.
const slack = 1 << 20

// unpacker walks one file.
type unpacker struct {
	limits Limits
	pgp    *PGP
	keep   Keep
	total  int64 // unpacked so far
}

// unpack hands what a stream holds to keep: itself, or what it contains.
func (u *unpacker) unpack(name string, r io.Reader, packed int64, depth int) error {
	in := bufio.NewReaderSize(r, 64<<10)
	head, err := in.Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	form := formOf(name, head)
	if form != "" && depth >= u.limits.Depth {
		return fmt.Errorf("%w: a %s file within %d containers", ErrLimit, form, depth)
	}
	switch form {
	case "gzip":
		return u.gzip(name, in, packed, depth)
	case "zip":
		return u.zip(name, in, packed, depth)
	case "pgp":
		return u.decrypt(name, in, packed, depth)
	}
	return u.hand(name, in)
}

// formOf tells a container by its first bytes; binary PGP by its name alone, for it has none of its own.
func formOf(name string, head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return "gzip"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return "zip"
	case bytes.HasPrefix(head, []byte("-----BEGIN PGP MESSAGE-----")):
		return "pgp"
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".pgp", ".gpg":
		return "pgp"
	}
	return ""
}

// hand gives a file to keep, and tells errors of keep from those of the file.
func (u *unpacker) hand(name string, r io.Reader) error {
	seen := &failing{r: r}
	err := u.keep(name, seen)
	if err != nil && seen.err == nil {
		return &keepError{err}
	}
	if seen.err != nil { // even if keep took no notice
		return seen.err
	}
	return err
}

// failing remembers that the file itself could not be read.
type failing struct {
	r   io.Reader
	err error
}

// Read passes bytes on.
func (f *failing) Read(b []byte) (int, error) {
	n, err := f.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// bounded counts unpacked bytes against the limits.
type bounded struct {
	r      io.Reader
	u      *unpacker
	packed int64
	out    int64
}

// Read ends in ErrLimit.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.out += int64(n)
	b.u.total += int64(n)
	switch {
	case b.u.total > b.u.limits.Size:
		return 0, fmt.Errorf("%w: more than %d bytes", ErrLimit, b.u.limits.Size)
	case b.out > slack && b.out/b.u.limits.Ratio > b.packed:
		return 0, fmt.Errorf("%w: more than %d times its packed size", ErrLimit, b.u.limits.Ratio)
	}
	return n, err
}

// gzip unpacks one file. Several members one after the other are one file.
func (u *unpacker) gzip(name string, in io.Reader, packed int64, depth int) error {
	z, err := gzip.NewReader(in)
	if err != nil {
		return err
	}
	defer z.Close()
	inner := name
	if ext := path.Ext(name); strings.EqualFold(ext, ".gz") || strings.EqualFold(ext, ".gzip") {
		inner = strings.TrimSuffix(name, ext)
	}
	if err := SafeName(inner); err != nil {
		return err
	}
	return u.unpack(inner, &bounded{r: z, u: u, packed: packed}, packed, depth+1)
}

// zip unpacks every file of an archive. It is read into memory, for its list stands at
// its end, and looked through once before the first file is handed on: whole or nothing.
func (u *unpacker) zip(name string, in io.Reader, packed int64, depth int) error {
	data, err := io.ReadAll(io.LimitReader(in, u.limits.Size+1))
	if err != nil {
		return err
	}
	if int64(len(data)) > u.limits.Size {
		return fmt.Errorf("%w: a zip file of more than %d bytes", ErrLimit, u.limits.Size)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	if len(z.File) > u.limits.Entries {
		return fmt.Errorf("%w: %d entries", ErrLimit, len(z.File))
	}
	look := &unpacker{limits: u.limits, pgp: u.pgp, total: u.total, keep: func(_ string, r io.Reader) error {
		_, err := io.Copy(io.Discard, r)
		return err
	}}
	for _, pass := range []*unpacker{look, u} {
		for _, f := range z.File {
			if err := pass.entry(f, depth); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// entry unpacks one file of a zip. Its label is the last part of its name; all parts must be safe.
func (u *unpacker) entry(f *zip.File, depth int) error {
	parts := strings.Split(strings.TrimSuffix(f.Name, "/"), "/")
	for _, part := range parts {
		if err := SafeName(part); err != nil {
			return fmt.Errorf("entry %q: %w", f.Name, err)
		}
	}
	mode := f.Mode()
	switch {
	case mode.IsDir():
		return nil
	case !mode.IsRegular():
		return fmt.Errorf("entry %q: no regular file", f.Name)
	case f.Flags&1 != 0:
		return fmt.Errorf("entry %q: encrypted", f.Name)
	}
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("entry %q: %w", f.Name, err)
	}
	defer r.Close()
	packed := int64(min(f.CompressedSize64, 1<<62))
	return u.unpack(parts[len(parts)-1], &bounded{r: r, u: u, packed: packed}, packed, depth+1)
}
