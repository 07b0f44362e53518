package drop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"tieout/ledger/drop/durable/failpoint"
)

// Server is how to reach the directory of an SFTP server.
type Server struct {
	Address string // host:port
	User    string
	Dir     string // of the drop; "" for where the server puts the user
	Auth    []ssh.AuthMethod
	Keys    HostKeys
	// Dial bounds connecting and the handshake, 10 s for 0; Idle bounds every single
	// request, 30 s for 0 (R3).
	Dial, Idle time.Duration
}

// SFTP is a directory of an SFTP server on one connection. Every request has a
// deadline: one that passes it closes the connection, and so do all later ones fail.
type SFTP struct {
	conn   net.Conn
	ssh    *ssh.Client
	client *sftp.Client
	dir    string
	idle   time.Duration
	fsync  bool
	stop   func() bool
}

// chunk is how much of a file one request carries.
const chunk = 32 << 10

// Connect opens a connection, which ends with ctx. A host key that is not
// pinned is refused (PF-13).
func Connect(ctx context.Context, s Server) (*SFTP, error) {
	algorithms, err := s.Keys.algorithms(s.Address)
	if err != nil {
		return nil, err
	}
	timeout := orDefault(s.Dial, 10*time.Second)
	dialer := net.Dialer{Timeout: timeout, KeepAlive: 15 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", s.Address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", s.Address, err)
	}
	conn = failpoint.Conn(conn)
	p := &SFTP{conn: conn, dir: s.Dir, idle: orDefault(s.Idle, 30*time.Second)}
	p.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(timeout))
	if err := p.handshake(s, algorithms); err != nil {
		p.Close()
		return nil, fmt.Errorf("connect to %s: %w", s.Address, err)
	}
	_ = conn.SetDeadline(time.Time{})
	return p, nil
}

func orDefault(d, usual time.Duration) time.Duration {
	if d == 0 {
		return usual
	}
	return d
}

func (p *SFTP) handshake(s Server, algorithms []string) error {
	c, channels, requests, err := ssh.NewClientConn(p.conn, s.Address, &ssh.ClientConfig{
		User: s.User, Auth: s.Auth, HostKeyCallback: s.Keys.check, HostKeyAlgorithms: algorithms,
	})
	if err != nil {
		return err
	}
	p.ssh = ssh.NewClient(c, channels, requests)
	if p.client, err = sftp.NewClient(p.ssh); err != nil {
		return fmt.Errorf("start sftp: %w", err)
	}
	_, p.fsync = p.client.HasExtension("fsync@openssh.com")
	return nil
}

// Close ends the connection at once: whatever is under way is not waited for.
func (p *SFTP) Close() {
	p.stop()
	_ = p.conn.Close()
	if p.client != nil {
		_ = p.client.Close()
	}
	if p.ssh != nil {
		_ = p.ssh.Close()
	}
}

// Syncs tells whether the server brings files to its disk when asked. One that
// does not may lose what it accepted when its power fails.
func (p *SFTP) Syncs() bool { return p.fsync }

// within runs one request of a kind. A request that takes longer than the deadline is
// ended by closing the connection, for nothing else wakes it.
func (p *SFTP) within(kind string, request func() error) error {
	failpoint.At(kind)
	timer := time.AfterFunc(p.idle, func() { _ = p.conn.Close() })
	err := request()
	failpoint.At("sftp answer")
	if !timer.Stop() && err != nil {
		return fmt.Errorf("no answer within %s: %w", p.idle, err)
	}
	return err
}

func (p *SFTP) path(name string) string { return path.Join(p.dir, name) }

// Create opens a new file, which closing syncs where the server can.
func (p *SFTP) Create(name string) (io.WriteCloser, error) {
	var f *sftp.File
	err := p.within("sftp create", func() (err error) {
		f, err = p.client.OpenFile(p.path(name), openNew)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &remoteFile{p, f}, nil
}

// remoteFile writes and reads in requests that each have a deadline.
type remoteFile struct {
	place *SFTP
	file  *sftp.File
}

// Write sends one chunk after the other: a failed concurrent write can leave holes.
func (r *remoteFile) Write(data []byte) (int, error) {
	sent := 0
	for sent < len(data) {
		part := data[sent:min(sent+chunk, len(data))]
		err := r.place.within("sftp write", func() error { _, err := r.file.Write(part); return err })
		if err != nil {
			return sent, err
		}
		sent += len(part)
	}
	return sent, nil
}

// Read reads at most a chunk.
func (r *remoteFile) Read(b []byte) (n int, err error) {
	err = r.place.within("sftp read", func() (err error) { n, err = r.file.Read(b[:min(chunk, len(b))]); return err })
	return n, err
}

// Close syncs where the server can, and closes.
func (r *remoteFile) Close() error {
	var synced error
	if r.place.fsync {
		synced = r.place.within("sftp sync", r.file.Sync)
	}
	return errors.Join(synced, r.place.within("sftp close", r.file.Close))
}

// readOnly is a file that closing does not sync.
type readOnly struct{ remoteFile }

// Close closes.
func (r *readOnly) Close() error { return r.place.within("sftp close", r.file.Close) }

// Open reads a file.
func (p *SFTP) Open(name string) (io.ReadCloser, error) {
	var f *sftp.File
	err := p.within("sftp open", func() (err error) { f, err = p.client.Open(p.path(name)); return err })
	if err != nil {
		return nil, err
	}
	return &readOnly{remoteFile{p, f}}, nil
}

// Size is that of a regular file.
func (p *SFTP) Size(name string) (int64, error) {
	var info fs.FileInfo
	err := p.within("sftp stat", func() (err error) { info, err = p.client.Lstat(p.path(name)); return err })
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return -1, nil
	}
	return info.Size(), nil
}

// Rename is the plain rename of the protocol, which fails where the name is
// taken. posix-rename replaces and is never used. A look before it covers
// servers whose plain rename replaces too.
func (p *SFTP) Rename(from, to string) error {
	if _, err := p.Size(to); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fmt.Errorf("%s: %w", to, fs.ErrExist)
		}
		return err
	}
	return p.within("sftp rename", func() error { return p.client.Rename(p.path(from), p.path(to)) })
}

// Remove removes a file.
func (p *SFTP) Remove(name string) error {
	return p.within("sftp remove", func() error { return p.client.Remove(p.path(name)) })
}

// List describes what lies in the directory now, in no order.
func (p *SFTP) List() (files []fs.FileInfo, err error) {
	err = p.within("sftp list", func() (err error) { files, err = p.client.ReadDir(p.path(".")); return err })
	return files, err
}
