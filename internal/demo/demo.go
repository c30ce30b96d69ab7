// Package demo shows the desk at work in one process, with nothing installed:
// mail servers, a Redis in memory and the daemon, to which it mails realistic
// samples. It tells in the terminal what came in, what was decided and why,
// and each letter that went out.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	// patience is how long a step of a sample may take before it counts as missing.
	patience = 20 * time.Second
	// alarmPatience is how long a letter to operations may take: alarms are
	// gathered for a while, so that a flood of them is one letter.
	alarmPatience = time.Minute
	// readingTime is how long the demo waits between samples on a terminal.
	readingTime = 1500 * time.Millisecond
)

// ErrUnexpected says that a sample did not end as it should.
var ErrUnexpected = errors.New("not every sample ended as expected")

// Options say how the demo runs.
type Options struct {
	Once bool // end after the samples, instead of staying up until ctx ends
	Out  io.Writer
}

// Run plays the samples. It answers ErrUnexpected if one did not end as it
// should. That ctx ends is no error.
func Run(ctx context.Context, o Options) error {
	s, err := open(ctx, !o.Once)
	if err != nil {
		return fmt.Errorf("open the demo: %w", err)
	}
	err = play(s.ctx, s, newScreen(o.Out), o.Once)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(o.Out, "\nStopped.")
		err = nil
	case s.ctx.Err() != nil:
		err = fmt.Errorf("run the desk: %w", context.Cause(s.ctx))
	}
	return errors.Join(err, s.close())
}

func play(ctx context.Context, s *stage, out *screen, once bool) error {
	out.opening(s)
	p := &player{
		stage: s, narrator: &narrator{screen: out, events: s.events, waiting: map[string]letter{}},
		slow: out.terminal && !once, sent: map[string][]byte{}, told: map[string]letter{},
	}
	results, err := p.playAll(ctx)
	if err != nil {
		return err
	}
	out.table(results)
	for _, r := range results {
		if !r.ok() {
			err = ErrUnexpected
		}
	}
	if once {
		return err
	}
	out.howTo(s)
	p.follow(ctx)
	return err
}

// player sends the samples and sees how each ends.
type player struct {
	*stage
	*narrator
	slow bool              // leave a person time to read
	sent map[string][]byte // by file, for the sample that comes again
	told map[string]letter // the first of each kind and recipient, for samples that answer one
}

// playAll plays one sample after the other. At last it waits for the letter
// to operations about the spoofed mail.
func (p *player) playAll(ctx context.Context) ([]result, error) {
	var results []result
	for i, sample := range samples() {
		p.screen.sample(i+1, sample.title)
		r, err := p.play(ctx, sample)
		if err != nil {
			return nil, fmt.Errorf("play sample %s: %w", sample.file, err)
		}
		results = append(results, r)
		if p.slow {
			pause(ctx)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	last := sample{title: "Operations hear of the spoofed mail", letters: []string{"alarm " + opsAddress}}
	p.screen.sample(len(results)+1, last.title)
	p.screen.waitForAlarm()
	began := time.Now()
	rest := p.rest(ctx)
	return append(results, result{sample: last, letters: rest, took: time.Since(began)}), ctx.Err()
}

func (p *player) play(ctx context.Context, s sample) (result, error) {
	raw, again := p.sent[s.file]
	if !again {
		var err error
		if raw, err = s.compose(time.Now(), p.told); err != nil {
			return result{}, err
		}
		p.sent[s.file] = raw
	}
	began := time.Now()
	if err := send(p.mail.SMTPAddr(), s.sender(raw), deskAddress, raw); err != nil {
		return result{}, err
	}
	r := p.witness(ctx, began)
	r.sample = s
	for _, l := range r.letters {
		if _, earlier := p.told[l.key()]; !earlier {
			p.told[l.key()] = l
		}
	}
	return r, nil
}

func pause(ctx context.Context) {
	select {
	case <-time.After(readingTime):
	case <-ctx.Done():
	}
}
