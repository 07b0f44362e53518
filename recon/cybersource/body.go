package cybersource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// watcher ends an exchange in which no byte comes for too long.
type watcher struct {
	ctx     context.Context
	silence time.Duration
	timer   *time.Timer
	cancel  context.CancelCauseFunc
	parent  context.Context
}

var errSilent = errors.New("no byte came for too long")

func watch(ctx context.Context, silence time.Duration) *watcher {
	w := &watcher{silence: silence, parent: ctx}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	w.timer = time.AfterFunc(silence, func() { w.cancel(errSilent) })
	return w
}

func (w *watcher) alive() { w.timer.Reset(w.silence) }

func (w *watcher) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// fault says why an exchange ended: by us, by silence, or by what happened to it.
func (w *watcher) fault(err error) error {
	switch {
	case w.parent.Err() != nil:
		return context.Cause(w.parent)
	case errors.Is(context.Cause(w.ctx), errSilent):
		return &Broken{What: fmt.Sprintf("no byte came for %s", w.silence)}
	}
	return err
}

// body is the body of an answer. It counts, and remembers what went wrong, so
// that a broken body can be told from a failure of whoever reads it.
type body struct {
	*watcher
	in    io.Reader
	a     *Answer
	fault error
}

// Read reads. net/http gives io.ErrUnexpectedEOF for a body shorter than declared.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	b.a.Size += int64(n)
	if n > 0 {
		b.alive()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		b.fault = &Broken{fmt.Sprintf("the answer broke off after %d bytes", b.a.Size), err}
		return n, b.fault
	}
	return n, err
}

// reject notes that the bytes themselves are wrong.
func (b *body) reject(format string, args ...any) error {
	b.fault = &Broken{What: fmt.Sprintf(format, args...)}
	return b.fault
}
