package daemon

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"escalationd/internal/config"
)

// identity is the name of the daemon that keeps its state in a folder of this
// host, the same in each of its runs. The file it stands in is locked while the
// daemon runs, so that no two runs bear the name at a time; the host's name is
// part of it, because a folder may be copied to another.
type identity struct {
	name string
	file *os.File
}

// readIdentity answers the name of this daemon, and makes one at the first
// run. The name is empty where another process bears it just now.
func readIdentity(c *config.Config) (*identity, error) {
	path := filepath.Join(c.StateDir, "daemon")
	id, err := openIdentity(path)
	if err != nil {
		return nil, fmt.Errorf("read the daemon's name (state_dir): %w", err)
	}
	return id, nil
}

func openIdentity(path string) (*identity, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if !lockFile(f) {
		return &identity{}, f.Close()
	}
	name, err := os.ReadFile(path)
	if err == nil && len(name) == 0 {
		name = []byte(rand.Text())
		_, err = f.Write(name)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &identity{name: host + "/" + strings.TrimSpace(string(name)), file: f}, nil
}

// release lets the next run have the name.
func (i *identity) release() error {
	if i.file == nil {
		return nil
	}
	if err := i.file.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
		return fmt.Errorf("unlock the daemon's name: %w", err)
	}
	return nil
}
