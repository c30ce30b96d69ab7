package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"escalationd/escalation/redisstore"
	"escalationd/internal/config"
	"escalationd/internal/failpoint"
)

// answersWithin is how long Redis may take for a small question.
const answersWithin = 3 * time.Second

// HoldError says why the desk must not work on the Redis it finds: the ledger
// in it is not the one it knew. Only a person can say that it may go on.
type HoldError struct{ Problem string }

func (e *HoldError) Error() string {
	return e.Problem + "; the desk holds all mail and answers nobody. " +
		"Restore Redis, or feed it the cases and accounts and run: escalationd ledger accept --config FILE"
}

// witness is what a daemon remembers of the ledger on its own disk, so that a
// Redis that was emptied or rolled back is found out.
type witness struct {
	Generation string    `json:"generation"`
	Commits    int64     `json:"commits"`
	At         time.Time `json:"at"` // by Redis's clock
	path       string
}

// readWitness reads what was remembered; without a file nothing was. It is the
// same file whatever Redis the configuration names: a wrong one must be found
// out, and the right one may move.
func readWitness(c *config.Config) (*witness, error) {
	w := &witness{path: filepath.Join(c.StateDir, "ledger.json")}
	data, err := os.ReadFile(w.path)
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil
	}
	if err == nil {
		err = json.Unmarshal(data, w)
	}
	if err != nil {
		return nil, fmt.Errorf("read the witness of the ledger: %w", err)
	}
	return w, nil
}

// keep remembers a ledger, on disk before it returns.
func (w *witness) keep(l redisstore.Ledger) error {
	next := witness{Generation: l.Generation, Commits: l.Commits, At: l.ReadAt, path: w.path}
	if next.Generation == w.Generation && next.Commits == w.Commits {
		return nil
	}
	data, err := json.Marshal(next)
	if err == nil {
		err = failpoint.Do("witness", func() error { return writeDurably(w.path, data) })
	}
	if err != nil {
		return fmt.Errorf("keep the witness of the ledger: %w", err)
	}
	*w = next
	return nil
}

// judge answers whether a ledger is the one remembered.
func (w *witness) judge(l redisstore.Ledger) error {
	switch {
	case w.Generation == "":
		return nil
	case l.Generation != w.Generation:
		if l.Accepted && l.MadeAt.After(w.At) {
			return nil
		}
		return &HoldError{"Redis holds another ledger than this desk worked with: a wrong server, database or prefix, or the data were replaced"}
	case l.Commits < w.Commits:
		return &HoldError{"Redis has lost " + plural(w.Commits-l.Commits, "change") + " that the desk made last: it was rolled back"}
	}
	return nil
}

// writeDurably replaces a file whole.
func writeDurably(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// findLedger answers the ledger to work with. Where Redis holds none, this is
// a first start if nothing was processed yet, and a loss otherwise.
func (d *Daemon) findLedger(ctx context.Context) (redisstore.Ledger, error) {
	l, err := d.store.Ledger(ctx)
	if err != nil {
		return l, err
	}
	if l.Generation == "" {
		processed, err := d.processed(ctx)
		if err != nil {
			return l, fmt.Errorf("see whether this is a first start: %w", err)
		}
		if processed > 0 {
			return l, &HoldError{fmt.Sprintf("Redis holds no ledger, but %s had been processed before: its data are lost", plural(processed, "mail"))}
		}
		if err := d.store.BeginLedger(ctx); err != nil {
			return l, err
		}
		d.log.Info("first start: a ledger was made")
		l, err = d.store.Ledger(ctx)
		return l, err
	}
	return l, d.witness.judge(l)
}

// processed counts the mails in the folders for processed mails.
func (d *Daemon) processed(ctx context.Context) (int, error) {
	n := 0
	for _, box := range d.inboxes {
		facts, err := box.Probe(ctx)
		if err != nil {
			return 0, err
		}
		n += int(facts.Processed)
	}
	return n, nil
}

// awaitLedger waits until the ledger in Redis is one the desk may work with.
func (d *Daemon) awaitLedger(ctx context.Context) error {
	said := ""
	alarm := &holdAlarm{daemon: d}
	for ctx.Err() == nil {
		l, err := d.findLedger(ctx)
		if err == nil {
			err = d.store.Unsaid(ctx, d.holdKey())
		}
		if err == nil {
			if err = d.witness.keep(l); err == nil {
				d.store.Bind(l.Generation)
				d.opened.Store(&l.MadeAt)
				d.ledger.set(nil)
				return nil
			}
		}
		d.ledger.set(err)
		if text := err.Error(); text != said && ctx.Err() == nil {
			said = text
			d.log.Error("the desk holds", "error", err)
		}
		var hold *HoldError
		if errors.As(err, &hold) && ctx.Err() == nil {
			alarm.tell(ctx, hold)
		}
		pause(ctx, d.tick)
	}
	return ctx.Err()
}

// watchLedger ends with an error when the ledger is no longer the one the desk
// works with, and keeps the witness up to date.
func (d *Daemon) watchLedger(ctx context.Context) error {
	for ctx.Err() == nil {
		l, err := d.askLedger(ctx)
		switch {
		case err != nil:
			// Out of reach is no loss; mails wait.
		case l.Generation != d.witness.Generation: // lost, or another was accepted
			return redisstore.ErrLedgerLost
		default:
			if err := d.witness.judge(l); err != nil {
				return err
			}
			if err := d.witness.keep(l); err != nil {
				d.log.Warn("the witness lags behind", "error", err)
			}
		}
		pause(ctx, d.tick)
	}
	return nil
}

// askLedger reads the ledger, and knows within a bound whether Redis answers:
// the driver alone tries on for long.
func (d *Daemon) askLedger(ctx context.Context) (redisstore.Ledger, error) {
	asked, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	l, err := d.store.Ledger(asked)
	if ctx.Err() != nil {
		return l, ctx.Err()
	}
	if now, before := d.redis.set(err); now != before {
		if err != nil {
			d.log.Warn("Redis does not answer as it should; mails wait", "error", err)
		} else {
			d.log.Info("Redis answers again")
		}
	}
	return l, err
}

// AcceptLedger begins a new ledger on what Redis holds now, because a person
// says so. Daemons that hold go on within seconds.
func AcceptLedger(ctx context.Context, c *config.Config) error {
	rdb := OpenRedis(c.Redis)
	defer rdb.Close()
	if err := reachRedis(ctx, rdb, c.Redis); err != nil {
		return err
	}
	return redisstore.New(rdb, redisstore.Options{Prefix: c.Redis.Prefix}).AcceptLedger(ctx)
}
