package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Mistake is one thing that is wrong in a configuration file.
type Mistake struct {
	File    string
	Line    int    // from 1
	Message string // one sentence without a full stop; never a secret
}

// Error is "file:line: message".
func (m *Mistake) Error() string { return fmt.Sprintf("%s:%d: %s", m.File, m.Line, m.Message) }

// report collects the mistakes of one file. Places in the file have paths
// like "inboxes[0].url".
type report struct {
	file     string
	lines    map[string]int  // path → line of its key
	settled  map[string]bool // paths of which nothing more needs to be said
	mistakes []*Mistake
}

func newReport(file string) *report {
	return &report{file: file, lines: map[string]int{"": 1}, settled: map[string]bool{}}
}

// add reports a mistake at path, on the line of the nearest thing there is.
// Only the first mistake at a path counts: what follows from a value that
// could not be read is not worth a sentence.
func (r *report) add(path, format string, args ...any) {
	for p := path; ; p = parent(p) {
		if r.settled[p] {
			return
		}
		if p == "" {
			break
		}
	}
	r.settled[path] = true
	p := path
	for r.lines[p] == 0 {
		p = parent(p)
	}
	r.addLine(r.lines[p], format, args...)
}

func (r *report) addLine(line int, format string, args ...any) {
	r.mistakes = append(r.mistakes, &Mistake{r.file, max(line, 1), fmt.Sprintf(format, args...)})
}

// err joins the mistakes in the order of the file.
func (r *report) err() error {
	slices.SortStableFunc(r.mistakes, func(a, b *Mistake) int { return a.Line - b.Line })
	errs := make([]error, len(r.mistakes))
	for i, m := range r.mistakes {
		errs[i] = m
	}
	return errors.Join(errs...)
}

// parent cuts the last step off a path.
func parent(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

// join adds a key to a path.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
