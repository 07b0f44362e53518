//go:build unix

package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// change is one thing that was done to the names of a folder.
type change struct {
	what     string
	from, to string
	id       int // of the file
}

// unsynced is what a power cut may take: contents of files and names in folders
// that were not synced since they changed.
type unsynced struct {
	ids     map[string]int // of files, by the names they have
	next    int
	dirty   map[int]bool
	folders map[string][]change
}

// readJournal works out from the notes of the processes so far what a cut may take now.
func readJournal(t *testing.T, path string) *unsynced {
	t.Helper()
	u := &unsynced{ids: map[string]int{}, dirty: map[int]bool{}, folders: map[string][]change{}}
	for line := range strings.Lines(read(t, path)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		u.note(fields[0], fields[1], fields[len(fields)-1])
	}
	return u
}

func (u *unsynced) note(what, from, to string) {
	switch what {
	case "create":
		u.next++
		u.ids[to], u.dirty[u.next] = u.next, true
		u.named(to, change{what, from, to, u.next})
	case "write":
		u.dirty[u.ids[to]] = true
	case "sync":
		delete(u.dirty, u.ids[to])
	case "link", "rename":
		u.ids[to] = u.ids[from]
		u.named(to, change{what, from, to, u.ids[from]})
		if what == "rename" {
			delete(u.ids, from)
		}
	case "remove":
		u.named(to, change{what, from, to, u.ids[to]})
		delete(u.ids, to)
	case "make":
		u.named(to, change{what, from, to, 0})
	case "sync folder":
		delete(u.folders, to)
	}
}

func (u *unsynced) named(path string, c change) {
	dir := filepath.Dir(path)
	u.folders[dir] = append(u.folders[dir], c)
}

// cut takes what chance says, or all names. A disk that keeps the order of names loses the last
// ones of a folder, another loses any.
func (u *unsynced) cut(random *rand.Rand, all bool) (lost []string) {
	for path, id := range u.ids {
		if u.dirty[id] && random.IntN(4) > 0 {
			lost = append(lost, tear(path, random))
		}
	}
	ordered := random.IntN(2) == 0
	for _, changes := range u.folders {
		kept := random.IntN(len(changes) + 1)
		for i, c := range slices.Backward(changes) {
			if all || ordered && i >= kept || !ordered && random.IntN(2) == 0 {
				u.undo(c)
				lost = append(lost, c.what+" "+c.to)
			}
		}
	}
	slices.Sort(lost)
	return lost
}

// undo makes a change of a name as if it had never been. What cannot be undone, for
// a later change has undone it, stays.
func (u *unsynced) undo(c change) {
	switch c.what {
	case "create", "link":
		_ = os.Remove(c.to)
	case "rename":
		_ = os.Rename(c.to, c.from)
	case "make":
		_ = os.RemoveAll(c.to)
	case "remove":
		for path, id := range u.ids {
			if id == c.id && id != 0 {
				_ = os.Link(path, c.to)
			}
		}
	}
}

// tear leaves of a file what a disk may have of it that was not asked to sync: a
// part up to a sector or a page, or all but a page between.
func tear(path string, random *rand.Rand) string {
	info, err := os.Stat(path)
	if err != nil || info.Size() == 0 {
		return "nothing of " + path
	}
	unit := []int64{512, 4096}[random.IntN(2)]
	at := random.Int64N(info.Size()/unit+1) * unit
	if random.IntN(3) == 0 {
		return "a page of " + path + zero(path, at, unit)
	}
	if err := os.Truncate(path, at); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s after %d", path, at)
}

// zero overwrites a part of a file, not beyond its end.
func zero(path string, at, size int64) string {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err.Error()
	}
	if _, err := f.WriteAt(make([]byte, max(0, min(size, info.Size()-at))), at); err != nil {
		return err.Error()
	}
	return fmt.Sprintf(" at %d", at)
}

// R1: the power fails at an instant with a name, perhaps after the process was
// killed and started again before, and takes of what was not synced what it likes.
// Then nothing that was promised is missing, and the nights end as undisturbed ones.
// TIEOUT_REPLAYS is how many cuts.
func TestPowerCuts(t *testing.T) {
	o := newOrdeal(t, tornBinary(t), "sqlite", "", false)
	seed := number(t, "TIEOUT_SEED", int(time.Now().UnixNano()%1_000_000))
	t.Logf("TIEOUT_SEED=%d", seed)
	random := rand.New(rand.NewPCG(uint64(seed), 3))
	count := number(t, "TIEOUT_REPLAYS", 2)
	for i := range count {
		points, all := []string{o.anyPoint(random), o.anyPoint(random)}, random.IntN(4) == 0
		if i == 0 { // it died before the folder that it had made was synced; the next one finds it there
			points, all = []string{o.lastFolder(), "TIEOUT_FAILPOINT="}, true
		}
		o.cutPower(random, all, points[random.IntN(2)*min(i, 1):]...)
		if t.Failed() {
			return
		}
	}
	frames := o.cutLog(random, count)
	t.Logf("%d power cuts, and %d in the log of the database", count, frames)
}

// anyPoint is any instant that an undisturbed run reaches.
func (o *ordeal) anyPoint(random *rand.Rand) string {
	i := random.IntN(len(o.points))
	n := 0
	for _, p := range o.points[:i+1] {
		if p == o.points[i] {
			n++
		}
	}
	return fmt.Sprintf("TIEOUT_FAILPOINT=%s:%d:kill", o.points[i], n)
}

// lastFolder is the instant before the last folder that was made is synced.
func (o *ordeal) lastFolder() string {
	made, syncs := 0, 0
	for _, p := range o.points {
		switch p {
		case "folder make":
			made = syncs + 1
		case "folder sync":
			syncs++
		}
	}
	return fmt.Sprintf("TIEOUT_FAILPOINT=folder sync:%d:kill", made)
}

// cutPower cuts the power when the last of some processes, which follow one another,
// has come to its point, or to its end.
func (o *ordeal) cutPower(random *rand.Rand, all bool, points ...string) {
	o.afresh()
	journal := filepath.Join(o.t.TempDir(), "journal")
	what := "power cut"
	for _, point := range points {
		what += " " + strings.TrimPrefix(point, "TIEOUT_FAILPOINT=")
		if code, text := o.start(point, "TIEOUT_JOURNAL="+journal).endWithin(patience); code != killed && code != exitDone {
			o.t.Errorf("%s: exit code %d: %s", what, code, text)
			return
		}
	}
	if _, err := os.Stat(journal); err == nil {
		what += ", which took " + strings.Join(readJournal(o.t, journal).cut(random, all), ", ")
	}
	o.finish(what)
	o.t.Log(what)
}

// frame is the place of a frame in the log of SQLite.
type frame struct {
	at, size int64
	commit   bool
}

// framesOf are the frames of a log that belong to its last generation.
func framesOf(t *testing.T, path string) (all []frame) {
	t.Helper()
	log := []byte(read(t, path))
	if len(log) < 32 {
		return nil
	}
	size := int64(binary.BigEndian.Uint32(log[8:])) + 24
	for at := int64(32); at+size <= int64(len(log)); at += size {
		head := log[at : at+24]
		if string(head[8:16]) != string(log[16:24]) {
			break // of an earlier generation
		}
		all = append(all, frame{at, size, binary.BigEndian.Uint32(head[4:]) != 0})
	}
	return all
}

// last are the frames of the last commit.
func last(all []frame) []frame {
	begin := len(all) - 1
	for begin > 0 && !all[begin-1].commit {
		begin--
	}
	return all[max(0, begin):]
}

// cutLog cuts and tears the log of the database at every frame of commits that
// chance chooses, as if the power had failed before they were synced.
func (o *ordeal) cutLog(random *rand.Rand, count int) (cuts int) {
	for cuts < count && !o.t.Failed() {
		o.afresh()
		n := 1 + random.IntN(len(slices.DeleteFunc(slices.Clone(o.points), func(p string) bool { return p != "committed" })))
		code, text := o.start(fmt.Sprintf("TIEOUT_FAILPOINT=committed:%d:kill", n)).endWithin(patience)
		if code != killed {
			o.t.Errorf("commit %d: exit code %d: %s", n, code, text)
			return cuts
		}
		saved := o.save()
		frames := last(framesOf(o.t, filepath.Join(o.dir, "tieout.db-wal")))
		for i, f := range frames {
			for _, how := range []string{"cut", "torn", "lost"} {
				if cuts++; cuts > count || o.t.Failed() {
					return cuts - 1
				}
				o.restore(saved)
				o.damage(f, how, random)
				o.finish(fmt.Sprintf("commit %d, frame %d of %d %s", n, i+1, len(frames), how))
			}
		}
	}
	return cuts
}

// damage does to a frame of the log, which was not synced, what a power cut may do.
func (o *ordeal) damage(f frame, how string, random *rand.Rand) {
	path := filepath.Join(o.dir, "tieout.db-wal")
	switch how {
	case "cut":
		o.must(os.Truncate(path, f.at))
	case "torn":
		o.must(os.Truncate(path, f.at+random.Int64N(f.size/512)*512))
	case "lost": // and those behind it are there
		zero(path, f.at, f.size)
	}
	_ = os.Remove(filepath.Join(o.dir, "tieout.db-shm")) // never synced
}

// save copies everything that runs have left so far.
func (o *ordeal) save() string {
	to := o.t.TempDir()
	for _, name := range leavings() {
		from := filepath.Join(o.dir, name)
		if info, err := os.Stat(from); err == nil && info.IsDir() {
			o.must(os.CopyFS(filepath.Join(to, name), os.DirFS(from)))
		} else if err == nil {
			write(o.t, filepath.Join(to, name), read(o.t, from))
		}
	}
	o.must(os.CopyFS(filepath.Join(to, "remote"), os.DirFS(o.host.Dir)))
	return to
}

func (o *ordeal) restore(saved string) {
	o.afresh()
	for _, name := range leavings() {
		from := filepath.Join(saved, name)
		if info, err := os.Stat(from); err == nil && info.IsDir() {
			o.must(os.CopyFS(filepath.Join(o.dir, name), os.DirFS(from)))
		} else if err == nil {
			write(o.t, filepath.Join(o.dir, name), read(o.t, from))
		}
	}
	o.must(os.CopyFS(o.host.Dir, os.DirFS(filepath.Join(saved, "remote"))))
}
