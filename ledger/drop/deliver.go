package drop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// ErrTaken is what a [Log] says that stored nothing because another worker has the
// delivery by now.
var ErrTaken = errors.New("another worker has the delivery")

// ErrConflict is a file of that name with other content at the target. Nothing
// was overwritten and nothing is retried: a person decides (PF-06).
var ErrConflict = errors.New("the target already has another file of this name")

// File is one file of a delivery.
type File struct {
	Name  string
	Bytes []byte
}

// Step is how far one file of a delivery has come. It is stored before the next
// request is sent, so that after a crash it is known what may have happened (R3).
type Step string

// The steps of a file.
const (
	Waiting     Step = "WAITING"     // nothing was sent
	Uploading   Step = "UPLOADING"   // the temporary file may be there, in part
	Uploaded    Step = "UPLOADED"    // the temporary file is there, whole
	Renaming    Step = "RENAMING"    // the rename may have happened
	Placed      Step = "PLACED"      // the final name was seen with our content, or the server said so
	Unconfirmed Step = "UNCONFIRMED" // neither name is there: taken by the consumer, or lost
)

// Progress is the step of one file. Temp is its temporary name, fresh for every upload.
type Progress struct {
	Name string
	Step Step
	Temp string
}

// Log stores progress. An error means that nothing more may be sent: another
// worker has the delivery, or what was done would not be known after a crash.
type Log interface {
	Save(ctx context.Context, p Progress) error
}

// Place is the directory of a target. Errors are fs.ErrNotExist and fs.ErrExist
// where they mean that; of any other one it is unknown what was done.
type Place interface {
	// Create opens a new file. Closing it brings it to the disk where the target can do that.
	Create(name string) (io.WriteCloser, error)
	// Open reads a file.
	Open(name string) (io.ReadCloser, error)
	// Size is that of a regular file.
	Size(name string) (int64, error)
	// Rename never replaces a file (PF-06).
	Rename(from, to string) error
	Remove(name string) error
}

// Settler is a place that can bring a file that is there, and its name, to the disk
// for good: who wrote it may have died before that.
type Settler interface {
	Settle(name string) error
}

// Order is what to deliver, and how.
type Order struct {
	Files    []File     // in the order in which they appear; consumers act on the last one (PF-07)
	Progress []Progress // of an earlier attempt, nil for the first
	// Immediate says that the consumer does not wait for the last file: a rename
	// without an answer is then never sent again.
	Immediate bool
	Fresh     func() string // a temporary suffix that nobody can guess
}

// Result is how an attempt ended. Without one of the two, it is to be tried again.
type Result struct {
	Delivered   bool
	Unconfirmed string // the file of which it is not known whether the consumer has it
}

// Deliver makes one attempt on one connection. Whatever an earlier attempt
// left is looked at and finished, never sent blindly (the table of R3). After an
// error the caller makes another attempt with the progress as logged;
// [ErrConflict] is not to be tried again.
func Deliver(ctx context.Context, place Place, o Order, log Log) (Result, error) {
	d := &delivery{place: place, order: o, log: log, steps: slices.Clone(o.Progress)}
	if d.steps == nil {
		if err := d.begin(); err != nil {
			return Result{}, err
		}
	}
	for i, f := range o.Files {
		if err := d.bring(ctx, i); err != nil {
			return Result{}, fmt.Errorf("deliver %s: %w", f.Name, err)
		}
		if d.steps[i].Step == Unconfirmed {
			return Result{Unconfirmed: f.Name}, nil
		}
	}
	return Result{Delivered: true}, nil
}

type delivery struct {
	place Place
	order Order
	log   Log
	steps []Progress
}

// begin refuses what can be refused before anything is sent.
func (d *delivery) begin() error {
	for _, f := range d.order.Files {
		if f.Name == "" || strings.ContainsAny(f.Name, "/\\:\x00") || strings.HasPrefix(f.Name, ".") {
			return fmt.Errorf("deliver %q: that is not a plain file name", f.Name)
		}
		found, err := d.look(f.Name, f.Bytes)
		if err != nil {
			return fmt.Errorf("deliver %s: %w", f.Name, err)
		}
		if found == other {
			return fmt.Errorf("deliver %s: %w: %s", f.Name, ErrConflict, f.Name)
		}
		d.steps = append(d.steps, Progress{Name: f.Name, Step: Waiting})
	}
	return nil
}

// bring takes one file from the step where it is to its final name.
func (d *delivery) bring(ctx context.Context, i int) error {
	p := &d.steps[i]
	if p.Step == Renaming {
		if err := d.settle(ctx, i); err != nil {
			return err
		}
	}
	if p.Step == Uploaded {
		if err := d.lookAgain(i); err != nil {
			return err
		}
	}
	if p.Step == Waiting || p.Step == Uploading {
		if err := d.upload(ctx, i); err != nil {
			return err
		}
	}
	if p.Step == Uploaded || p.Step == Renaming {
		return d.rename(ctx, i)
	}
	return nil
}

func (d *delivery) save(ctx context.Context, i int, step Step) error {
	next := d.steps[i]
	next.Step = step
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := d.log.Save(ctx, next); err != nil {
		return fmt.Errorf("store that it is %s: %w", step, err)
	}
	d.steps[i] = next
	return nil
}

// lookAgain finds out whether what was uploaded earlier is still there. If not,
// it is sent anew: no rename was ever sent.
func (d *delivery) lookAgain(i int) error {
	found, err := d.look(d.steps[i].Temp, d.order.Files[i].Bytes)
	if err == nil && found != same {
		d.steps[i].Step = Uploading
	}
	return err
}

// upload sends the bytes under a fresh temporary name and looks at what arrived.
// A final name that has our content already is the end of it.
func (d *delivery) upload(ctx context.Context, i int) error {
	f := d.order.Files[i]
	switch found, err := d.look(f.Name, f.Bytes); {
	case err != nil:
		return err
	case found == same:
		return d.there(ctx, i)
	case found == other:
		return fmt.Errorf("%w: %s", ErrConflict, f.Name)
	}
	d.sweep(i)
	d.steps[i].Temp = f.Name + "." + d.order.Fresh() + ".tmp"
	if err := d.save(ctx, i, Uploading); err != nil {
		return err
	}
	if err := d.write(d.steps[i].Temp, f.Bytes); err != nil {
		return err
	}
	switch found, err := d.look(d.steps[i].Temp, f.Bytes); {
	case err != nil:
		return err
	case found != same:
		return fmt.Errorf("%s did not arrive as it was sent", d.steps[i].Temp)
	}
	err := d.save(ctx, i, Uploaded)
	if errors.Is(err, ErrTaken) {
		d.sweep(i) // the other one has names of its own, and nobody would look at this one again
	}
	return err
}

// there stores that the final name has our content, once that will stay so.
func (d *delivery) there(ctx context.Context, i int) error {
	if place, can := d.place.(Settler); can {
		if err := place.Settle(d.order.Files[i].Name); err != nil {
			return fmt.Errorf("bring %s to the disk: %w", d.order.Files[i].Name, err)
		}
	}
	return d.save(ctx, i, Placed)
}

// sweep removes the temporary file of an earlier upload. One that cannot be
// removed is ignored by every consumer.
func (d *delivery) sweep(i int) {
	if d.steps[i].Temp != "" {
		_ = d.place.Remove(d.steps[i].Temp)
	}
}

func (d *delivery) write(name string, data []byte) error {
	w, err := d.place.Create(name)
	if err != nil {
		return fmt.Errorf("create %s: %w", name, err)
	}
	if _, err := w.Write(data); err != nil {
		_ = w.Close()
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("close %s: %w", name, err)
	}
	return nil
}

// rename gives the file its final name. What an error left is looked at.
func (d *delivery) rename(ctx context.Context, i int) error {
	if err := d.save(ctx, i, Renaming); err != nil {
		return err
	}
	failed := d.place.Rename(d.steps[i].Temp, d.order.Files[i].Name)
	if failed == nil {
		return d.save(ctx, i, Placed)
	}
	if err := d.settle(ctx, i); err != nil {
		return errors.Join(failed, err)
	}
	if d.steps[i].Step == Renaming {
		return fmt.Errorf("rename %s: %w", d.steps[i].Temp, failed)
	}
	return nil
}

// settle is the recovery table of R3: it decides by both names what became of a
// rename. The step stays Renaming where the rename did not happen.
func (d *delivery) settle(ctx context.Context, i int) error {
	f, temp := d.order.Files[i], d.steps[i].Temp
	final, err := d.look(f.Name, f.Bytes)
	if err != nil {
		return err
	}
	left, err := d.look(temp, f.Bytes)
	if err != nil {
		return err
	}
	switch {
	case final == other:
		return fmt.Errorf("%w: %s", ErrConflict, f.Name)
	case final == same:
		d.sweep(i) // the server stopped between link and unlink
		return d.there(ctx, i)
	case left == absent:
		return d.save(ctx, i, Unconfirmed)
	}
	taken, err := d.mayBeTaken(i)
	if taken && err == nil {
		d.sweep(i)
		return d.save(ctx, i, Unconfirmed)
	}
	return err
}

// mayBeTaken tells whether a consumer may have taken the file although its
// temporary name is still there, which is what a server leaves that stopped
// between link and unlink: one that does not wait for the last file, or one that
// took the last file and with it those before.
func (d *delivery) mayBeTaken(i int) (bool, error) {
	if d.order.Immediate {
		return true, nil
	}
	if i < len(d.order.Files)-1 {
		return false, nil
	}
	for _, before := range d.order.Files[:i] {
		if found, err := d.look(before.Name, before.Bytes); found == absent || err != nil {
			return found == absent, err
		}
	}
	return false, nil
}

// found is what is under a name.
type found int

const (
	absent found = iota
	same
	other
)

// look compares what is under a name with our bytes. Where the target lets
// nobody read, the size must do.
func (d *delivery) look(name string, data []byte) (found, error) {
	size, err := d.place.Size(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return absent, nil
	case err != nil:
		return absent, fmt.Errorf("look at %s: %w", name, err)
	case size != int64(len(data)):
		return other, nil
	}
	r, err := d.place.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return absent, nil
	case errors.Is(err, fs.ErrPermission):
		return same, nil
	case err != nil:
		return absent, fmt.Errorf("read %s back: %w", name, err)
	}
	there, err := io.ReadAll(io.LimitReader(r, int64(len(data))+1))
	if err := errors.Join(err, r.Close()); err != nil {
		return absent, fmt.Errorf("read %s back: %w", name, err)
	}
	if !bytes.Equal(there, data) {
		return other, nil
	}
	return same, nil
}

// maxAnswer bounds what a consumer answers.
const maxAnswer = 64 << 10

// Read gives a small file of the place, such as a consumer's answer (PF-09).
// What is not there is fs.ErrNotExist.
func Read(place Place, name string) (data []byte, err error) {
	r, err := place.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	data, err = io.ReadAll(io.LimitReader(r, maxAnswer+1))
	if len(data) > maxAnswer {
		return nil, fmt.Errorf("%s is longer than %d bytes", name, maxAnswer)
	}
	return data, err
}

// Sidecars are the two files beside a data file (PF-07): its SHA-256 in the form
// of sha256sum, for name.sha256, and one line of name, size and SHA-256, for
// name.done.
func Sidecars(name string, data []byte) (checksum, done []byte) {
	digest := sha256.Sum256(data)
	checksum = fmt.Appendf(nil, "%x  %s\n", digest, name)
	done = fmt.Appendf(nil, "%s %d %x\n", name, len(data), digest)
	return checksum, done
}

// WithSidecars are the files of a delivery in the order of their appearance:
// each part behind its checksum, and one sentinel last, which lists all parts
// and has the name of the first (PF-07).
func WithSidecars(parts []File) []File {
	var all []File
	var sentinel []byte
	for _, p := range parts {
		checksum, done := Sidecars(p.Name, p.Bytes)
		all = append(all, File{p.Name + ".sha256", checksum}, p)
		sentinel = append(sentinel, done...)
	}
	return append(all, File{parts[0].Name + ".done", sentinel})
}
