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

// leastSecret is the fewest bytes a shared secret file may hold.
const leastSecret = 16

// DeskSecret reads the secret from which notice IDs are made: secret_file,
// which the daemons of one desk share, or else one the daemon makes for itself
// in its state folder. It outlives Redis.
func DeskSecret(c *config.Config) ([]byte, error) {
	if c.SecretFile != "" {
		secret, err := readSecret(c.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("read secret_file: %w", err)
		}
		return secret, nil
	}
	path := filepath.Join(c.StateDir, "secret")
	secret, err := readSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return nil, fmt.Errorf("read the desk's secret: %w", err)
		}
		return secret, nil
	}
	if err := makeSecret(path); err != nil {
		return nil, fmt.Errorf("make the desk's secret (state_dir): %w", err)
	}
	return readSecret(path)
}

func readSecret(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	secret := strings.TrimSpace(string(data))
	if len(secret) < leastSecret {
		return nil, fmt.Errorf("%s holds fewer than %d characters", path, leastSecret)
	}
	return []byte(secret), nil
}

// makeSecret writes a new secret under a temporary name and links it, so that
// of two daemons that start at once one wins and both read the same.
func makeSecret(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "secret-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = f.WriteString(rand.Text() + rand.Text() + "\n"); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
