package daemon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// keptToken is the file for the newest refresh token of a grant. It is locked
// until it is closed, so that no two logins use up one token at a time.
type keptToken struct {
	Newest string `json:"newest"` // empty where none is kept
	Since  string `json:"since"`  // a digest of the configured token that it began with

	given string
	file  *os.File
}

// maxKept bounds a kept file in bytes; refresh tokens take a few thousand.
const maxKept = 128 << 10

// lockWait is the pause between two tries at a lock that another login holds.
const lockWait = 20 * time.Millisecond

// openKept opens what is kept at path. What began with another token than the
// given one counts no more: somebody has put a new one in its file.
func openKept(ctx context.Context, path, given string) (*keptToken, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	k := &keptToken{given: given, file: f}
	for locks && !lockFile(f) {
		if pause(ctx, lockWait); ctx.Err() != nil {
			k.close()
			return nil, ctx.Err()
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKept))
	if err != nil {
		k.close()
		return nil, err
	}
	if json.Unmarshal(text, k) != nil || k.Since != digestOf(given) { // also a file that was cut off
		k.Newest = ""
	}
	return k, nil
}

// keep writes the newest token down, on disk before it returns. The file stays
// the same one, with its owner.
func (k *keptToken) keep(newest string) error {
	if newest == k.Newest || newest == k.given && k.Newest == "" {
		return nil
	}
	k.Newest, k.Since = newest, digestOf(k.given)
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	if err := k.file.Truncate(0); err != nil {
		return err
	}
	if _, err := k.file.WriteAt(text, 0); err != nil {
		return err
	}
	return k.file.Sync()
}

func (k *keptToken) close() { _ = k.file.Close() } // written and synced before

func digestOf(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}
