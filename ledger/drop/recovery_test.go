package drop_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"strings"
	"testing"

	"tieout/ledger/drop"
)

// model is a server in memory: its files, a consumer that takes a delivery as soon
// as the sentinel appears, and a power switch.
type model struct {
	files    map[string][]byte
	consumed []string // contents of the data files that the consumer took
	consumes bool
	n        int  // requests so far
	failAt   int  // the request at which the connection breaks, 0 for never
	effect   bool // whether that request still does its work
	halfway  bool // whether a rename stops between link and unlink
	broken   bool
}

var errBroken = errors.New("connection lost")

// request counts one request and tells whether it does its work and whether it is answered.
func (h *model) request() (works bool, err error) {
	if h.broken {
		return false, errBroken
	}
	h.n++
	if h.n == h.failAt {
		h.broken = true
		return h.effect, errBroken
	}
	return true, nil
}

func (h *model) Create(name string) (io.WriteCloser, error) {
	works, err := h.request()
	if works {
		if _, there := h.files[name]; there {
			return nil, fs.ErrExist
		}
		h.files[name] = []byte{}
	}
	return &hostFile{h, name}, err
}

type hostFile struct {
	host *model
	name string
}

func (f *hostFile) Write(b []byte) (int, error) {
	works, err := f.host.request()
	if works {
		f.host.files[f.name] = append(f.host.files[f.name], b...)
	} else if !f.host.broken || err != nil && f.host.n == f.host.failAt {
		f.host.files[f.name] = append(f.host.files[f.name], b[:len(b)/2]...)
	}
	return len(b), err
}

func (f *hostFile) Close() error { _, err := f.host.request(); return err }

func (h *model) Open(name string) (io.ReadCloser, error) {
	if _, err := h.request(); err != nil {
		return nil, err
	}
	data, there := h.files[name]
	if !there {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

func (h *model) Size(name string) (int64, error) {
	if _, err := h.request(); err != nil {
		return 0, err
	}
	data, there := h.files[name]
	if !there {
		return 0, fs.ErrNotExist
	}
	return int64(len(data)), nil
}

func (h *model) Rename(from, to string) error {
	works, err := h.request()
	if !works {
		return err
	}
	if _, there := h.files[to]; there {
		return fs.ErrExist
	}
	data, there := h.files[from]
	if !there {
		return fs.ErrNotExist
	}
	h.files[to] = data
	if err == nil || !h.halfway {
		delete(h.files, from)
	}
	h.consume()
	return err
}

func (h *model) Remove(name string) error {
	works, err := h.request()
	if works {
		delete(h.files, name)
	}
	return err
}

// consume is a consumer that waits for the sentinel, checks all sums and takes the lot.
func (h *model) consume() {
	sentinel, there := h.files[name+".done"]
	if !there || !h.consumes {
		return
	}
	data, whole := h.files[name]
	if _, done := drop.Sidecars(name, data); !whole || !bytes.Equal(done, sentinel) {
		return // a sentinel without its file is nothing to act on
	}
	h.consumed = append(h.consumed, string(data))
	for _, suffix := range []string{"", ".sha256", ".done"} {
		delete(h.files, name+suffix)
	}
}

// crashLog ends the process at the n-th save, before or after it is stored.
type crashLog struct {
	steps
	n, failAt int
	stored    bool
}

var errKilled = errors.New("killed")

func (l *crashLog) Save(ctx context.Context, p drop.Progress) error {
	if l.n++; l.n != l.failAt {
		return l.steps.Save(ctx, p)
	}
	if l.stored {
		_ = l.steps.Save(ctx, p)
	}
	return errKilled
}

// attempts delivers until it is done, with one fault in the first attempt.
func attempts(t *testing.T, h *model, log *crashLog) drop.Result {
	t.Helper()
	order, s := newOrder(drop.File{Name: name, Bytes: []byte("hello\n")})
	log.steps = *s
	for range 5 {
		order.Progress = append([]drop.Progress(nil), log.all...)
		result, err := drop.Deliver(t.Context(), h, order, log)
		if errors.Is(err, drop.ErrConflict) {
			t.Fatal(err)
		}
		if err == nil {
			return result
		}
		h.broken, h.failAt, log.failAt = false, 0, 0
	}
	t.Fatal("not done after five attempts")
	return drop.Result{}
}

// R3: whichever request fails, with or without effect, and wherever our own process
// dies, the consumer gets the file exactly once or the delivery is unconfirmed.
func TestOneFaultNeverLosesOrDoubles(t *testing.T) {
	for _, consumes := range []bool{true, false} {
		calm := &model{files: map[string][]byte{}, consumes: consumes}
		log := &crashLog{}
		attempts(t, calm, log)
		requests, saves, cases := calm.n, log.n, 0
		for k := 1; k <= max(requests, saves); k++ {
			for _, effect := range []bool{false, true} {
				for _, halfway := range []bool{false, true} {
					h := &model{files: map[string][]byte{}, consumes: consumes, failAt: k, effect: effect, halfway: halfway}
					wantOnce(t, fmt.Sprintf("request %d, effect %t, halfway %t", k, effect, halfway), h, attempts(t, h, &crashLog{}))
					h = &model{files: map[string][]byte{}, consumes: consumes}
					wantOnce(t, fmt.Sprintf("save %d, stored %t", k, effect), h, attempts(t, h, &crashLog{failAt: k, stored: effect}))
					cases += 2
				}
			}
		}
		if cases < 100 {
			t.Errorf("only %d cases: the delivery is shorter than it should be", cases)
		}
	}
}

func wantOnce(t *testing.T, what string, h *model, r drop.Result) {
	t.Helper()
	if r.Delivered == (r.Unconfirmed != "") {
		t.Errorf("%s: %+v", what, r)
	}
	if h.consumes && (len(h.consumed) > 1 || len(h.consumed) == 0 || h.consumed[0] != "hello\n") {
		t.Errorf("%s: the consumer took %q", what, h.consumed)
	}
	if !h.consumes && (r.Unconfirmed != "" || string(h.files[name]) != "hello\n" || h.files[name+".done"] == nil) {
		t.Errorf("%s: %+v, and the server has %v", what, r, maps.Collect(maps.All(h.files)))
	}
	for file := range h.files {
		if h.consumes && !strings.HasSuffix(file, ".tmp") && r.Unconfirmed == "" {
			t.Errorf("%s: %s is left", what, file)
		}
	}
}

// The rows of the recovery table of R3, one by one.
func TestRecoveryTable(t *testing.T) {
	order, _ := newOrder(drop.File{Name: name, Bytes: []byte("hello\n")})
	data, temp := []byte("hello\n"), name+".00000001.tmp"
	for _, c := range []struct {
		what        string
		temp, final []byte
		immediate   bool
		want        drop.Result
		err         error
	}{
		{"the rename did not happen: rename again", data, nil, false, drop.Result{Delivered: true}, nil},
		{"done, the reply was lost", nil, data, false, drop.Result{Delivered: true}, nil},
		{"stopped between link and unlink", data, data, false, drop.Result{Delivered: true}, nil},
		{"another file has the name", data, []byte("other\n"), false, drop.Result{}, drop.ErrConflict},
		{"another file of another size", nil, []byte("x"), false, drop.Result{}, drop.ErrConflict},
		{"neither is there", nil, nil, false, drop.Result{Unconfirmed: name}, nil},
		{"a consumer that waits for nothing", data, nil, true, drop.Result{Unconfirmed: name}, nil},
	} {
		h := &model{files: map[string][]byte{name + ".sha256": order.Files[0].Bytes}}
		if c.temp != nil {
			h.files[temp] = c.temp
		}
		if c.final != nil {
			h.files[name] = c.final
		}
		log := &steps{all: []drop.Progress{{name + ".sha256", drop.Placed, ""}, {name, drop.Renaming, temp}, {name + ".done", drop.Waiting, ""}}}
		o := drop.Order{Files: order.Files, Progress: append([]drop.Progress(nil), log.all...), Immediate: c.immediate, Fresh: fresh()}
		got, err := drop.Deliver(t.Context(), h, o, log)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %+v, %v", c.what, got, err)
		}
		if c.err != nil && string(h.files[name]) != string(c.final) {
			t.Errorf("%s: the stranger's file was changed", c.what)
		}
	}
}

// A sentinel that may have been taken with its file is not renamed again.
func TestSentinelWithoutItsFileIsUnconfirmed(t *testing.T) {
	order, _ := newOrder(drop.File{Name: name, Bytes: []byte("hello\n")})
	temp := name + ".done.00000001.tmp"
	h := &model{files: map[string][]byte{temp: order.Files[2].Bytes}}
	log := &steps{all: []drop.Progress{{name + ".sha256", drop.Placed, ""}, {name, drop.Placed, ""}, {name + ".done", drop.Renaming, temp}}}
	got, err := drop.Deliver(t.Context(), h, drop.Order{Files: order.Files, Progress: append([]drop.Progress(nil), log.all...), Fresh: fresh()}, log)
	if err != nil || got.Unconfirmed != name+".done" || len(h.files) != 0 {
		t.Errorf("%+v, %v, the server has %v", got, err, h.files)
	}
}

// A disk that is full, or a server that accepts and loses, leaves no half file.
func TestWhatDoesNotArriveIsNotRenamed(t *testing.T) {
	order, log := newOrder(drop.File{Name: name, Bytes: []byte("hello\n")})
	h := &lossy{model{files: map[string][]byte{}}}
	_, err := drop.Deliver(t.Context(), h, order, log)
	if err == nil || !strings.Contains(err.Error(), "did not arrive") {
		t.Errorf("got %v", err)
	}
	for file := range h.files {
		if !strings.HasSuffix(file, ".tmp") {
			t.Errorf("%s has a final name", file)
		}
	}
}

// A worker that stood still while another one took over leaves nothing of its own: the
// other does not know its temporary name, and nobody would look at it again.
func TestWhoWasOvertakenTakesItsFileAway(t *testing.T) {
	order, log := newOrder(drop.File{Name: name, Bytes: []byte("hello\n")})
	h := &model{files: map[string][]byte{}}
	_, err := drop.Deliver(t.Context(), h, order, &overtaken{log})
	if !errors.Is(err, drop.ErrTaken) || len(h.files) != 0 {
		t.Errorf("%v, the server has %v", err, h.files)
	}
}

// overtaken is the log of a worker that another one overtakes while it sends.
type overtaken struct{ *steps }

func (o *overtaken) Save(ctx context.Context, p drop.Progress) error {
	if p.Step == drop.Uploaded {
		return fmt.Errorf("%w: its lock is gone", drop.ErrTaken)
	}
	return o.steps.Save(ctx, p)
}

// lossy keeps half of what it accepts.
type lossy struct{ model }

func (l *lossy) Create(name string) (io.WriteCloser, error) {
	f, err := l.model.Create(name)
	return &half{f}, err
}

type half struct{ io.WriteCloser }

func (h *half) Write(b []byte) (int, error) {
	_, err := h.WriteCloser.Write(b[:len(b)/2])
	return len(b), err
}
