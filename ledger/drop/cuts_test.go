package drop_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tieout/fixtures/sandbox/sftphost"
	"tieout/ledger/drop"
)

// count is a number from the environment, or the one that every run of the tests makes.
func count(t *testing.T, variable string, usual int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	check(t, err)
	return n
}

// consumer takes each delivery as soon as its sentinel is there, and remembers.
type consumer struct {
	t    *testing.T
	dir  string
	mu   sync.Mutex
	took map[string][]string // contents by name
	stop chan struct{}
	done sync.WaitGroup
}

func startConsumer(t *testing.T, dir string) *consumer {
	c := &consumer{t: t, dir: dir, took: map[string][]string{}, stop: make(chan struct{})}
	c.done.Go(func() {
		for {
			select {
			case <-c.stop:
				return
			case <-time.After(time.Millisecond):
				c.look()
			}
		}
	})
	return c
}

func (c *consumer) end() { close(c.stop); c.done.Wait() }

func (c *consumer) look() {
	sentinels, _ := filepath.Glob(filepath.Join(c.dir, "*.done"))
	for _, path := range sentinels {
		sentinel, err := os.ReadFile(path)
		data, err2 := os.ReadFile(strings.TrimSuffix(path, ".done"))
		if err != nil || err2 != nil {
			continue
		}
		name := filepath.Base(strings.TrimSuffix(path, ".done"))
		if _, want := drop.Sidecars(name, data); !bytes.Equal(want, sentinel) {
			c.t.Errorf("%s: the sentinel is there and the file is not what it says", name)
		}
		c.mu.Lock()
		c.took[name] = append(c.took[name], string(data))
		c.mu.Unlock()
		for _, suffix := range []string{"", ".sha256", ".done"} {
			_ = os.Remove(filepath.Join(c.dir, name+suffix))
		}
	}
}

// siege delivers one file after the other through a proxy that breaks things.
type siege struct {
	*host
	proxy    *sftphost.Proxy
	consumer *consumer
	n        int
	open     int // deliveries that ended unconfirmed
}

// idle is the deadline under a fault; patient is it once nothing disturbs any more but
// a busy machine.
const (
	idle    = 200 * time.Millisecond
	patient = 30 * time.Second
)

func newSiege(t *testing.T) *siege {
	s := startHost(t)
	p := sftphost.NewProxy(t, s.Address)
	p.Kill = s.Kill
	g := &siege{host: s, proxy: p, consumer: startConsumer(t, s.Dir)}
	t.Cleanup(g.consumer.end)
	return g
}

// deliver makes attempts until it ends, with a fault in the first of them, and
// our own death at the save that dies, 0 for none.
func (g *siege) deliver(f sftphost.Fault, dies int) {
	g.t.Helper()
	g.n++
	file := fmt.Sprintf("GL_TIEOUT_20261001_%06d.txt", g.n)
	content := strings.Repeat(file+"\n", 2000)
	order, s := newOrder(drop.File{Name: file, Bytes: []byte(content)})
	log := &crashLog{steps: *s, failAt: dies, stored: dies%2 == 0}
	g.proxy.Set(f)
	deadline := idle
	var result drop.Result
	var err error
	for range 20 {
		result, err = g.attempt(order, log, deadline)
		if errors.Is(err, drop.ErrConflict) {
			g.t.Fatalf("%+v: %v", f, err)
		}
		if err == nil {
			g.judge(f, file, content, result)
			return
		}
		g.proxy.Set(sftphost.Fault{})
		log.failAt, deadline = 0, patient
		g.Run()
	}
	g.t.Fatalf("%+v: no end after twenty attempts, the last: %v", f, err)
}

func (g *siege) attempt(order drop.Order, log *crashLog, deadline time.Duration) (drop.Result, error) {
	server := g.server(g.proxy.Address)
	server.Idle, server.Dial = deadline, 2*deadline
	ctx, cancel := context.WithTimeout(context.Background(), 5*patient)
	defer cancel()
	place, err := drop.Connect(ctx, server)
	if err != nil {
		return drop.Result{}, err
	}
	defer place.Close()
	order.Progress = append([]drop.Progress(nil), log.all...)
	return drop.Deliver(ctx, place, order, log)
}

// judge wants the file in the consumer's history exactly once, or the delivery open.
func (g *siege) judge(f sftphost.Fault, file, content string, r drop.Result) {
	g.t.Helper()
	took := func() []string {
		g.consumer.mu.Lock()
		defer g.consumer.mu.Unlock()
		return append([]string(nil), g.consumer.took[file]...)
	}
	for range 2000 {
		if len(took()) > 0 || r.Unconfirmed != "" {
			break
		}
		time.Sleep(time.Millisecond)
	}
	all := took()
	if r.Unconfirmed != "" {
		g.open++
	}
	if len(all) > 1 || len(all) == 0 && r.Delivered || len(all) == 1 && all[0] != content {
		g.t.Errorf("%+v: the consumer took it %d times, and we say %+v", f, len(all), r)
	}
}

// Every packet of one delivery, in both directions, with every kind of sftphost.Fault:
// the consumer has the file exactly once, or the delivery is open (R3).
// TIEOUT_CUT_STEP takes every so many packets.
func TestEveryPacketCut(t *testing.T) {
	g := newSiege(t)
	g.deliver(sftphost.Fault{}, 0)
	up, down := g.proxy.Packets(true), g.proxy.Packets(false)
	if up < 30 || down < 30 {
		t.Fatalf("a delivery of %d and %d packets is no delivery", up, down)
	}
	step := count(t, "TIEOUT_CUT_STEP", 40)
	cases := 0
	for _, direction := range []bool{true, false} {
		for _, k := range kinds() {
			packets := map[bool]int{true: up, false: down}[direction]
			for n := 1 + cases%step; n <= packets; n += step {
				g.deliver(sftphost.Fault{Kind: k, Up: direction, Packet: n}, 0)
				cases++
			}
		}
	}
	t.Logf("%d cases over %d and %d packets, %d ended unconfirmed", cases, up, down, g.open)
}

// Faults at random packets together with our own death at random steps.
// TIEOUT_RANDOM_CUTS is how many, TIEOUT_SEED where they begin.
func TestRandomCuts(t *testing.T) {
	g := newSiege(t)
	random := rand.New(rand.NewPCG(uint64(count(t, "TIEOUT_SEED", 1)), 0))
	cuts := count(t, "TIEOUT_RANDOM_CUTS", 6)
	for range cuts {
		f := sftphost.Fault{Kind: kinds()[random.IntN(4)], Up: random.IntN(2) == 0, Packet: 1 + random.IntN(120)}
		g.deliver(f, random.IntN(20))
	}
	t.Logf("%d deliveries, %d ended unconfirmed", cuts, g.open)
}
