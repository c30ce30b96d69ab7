package feed

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxShown is how many bad rows an error names.
const maxShown = 20

// mistakes collects the bad rows of a file.
type mistakes struct {
	file  string
	shown []error
	more  int
}

func (m *mistakes) add(r *row) {
	switch {
	case len(r.wrong) == 0:
	case len(m.shown) == maxShown:
		m.more++
	default:
		m.shown = append(m.shown, fmt.Errorf("%s:%d: %s", m.file, r.line, strings.Join(r.wrong, "; ")))
	}
}

// err is nil if no row was bad.
func (m *mistakes) err() error {
	if m.more > 0 {
		return errors.Join(append(m.shown, fmt.Errorf("and %d more", m.more))...)
	}
	return errors.Join(m.shown...)
}

// unknown is the sentence about a column or key that no file can have.
func (t table) unknown(what, name string) string {
	if near := nearest(name, t.columns); near != "" {
		return fmt.Sprintf("unknown %s %s; did you mean %s?", what, quote(name), near)
	}
	return fmt.Sprintf("unknown %s %s; known are %s", what, quote(name), strings.Join(t.columns, ", "))
}

// nearest finds the name that was most likely meant; "" if none is near.
func nearest(name string, known []string) string {
	fold := strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(clip(name)))
	best, least := "", max(len(fold)/3, 1)+1
	for _, k := range known {
		if strings.Contains(k, fold) && len(fold) > 2 || strings.HasSuffix(fold, "_"+k) {
			return k
		}
		if d := distance(fold, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance counts the letters to insert, delete or replace to make b of a.
func distance(a, b string) int {
	above := make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			row[j+1] = min(above[j+1]+1, row[j]+1, above[j])
			if a[i] != b[j] {
				row[j+1] = min(above[j+1], row[j], above[j]) + 1
			}
		}
		above = row
	}
	return above[len(b)]
}

// quote shows a value in a sentence, however long and odd it is.
func quote(v string) string { return strconv.Quote(clip(v)) }

func clip(v string) string {
	const limit = 60
	if utf8.RuneCountInString(v) <= limit {
		return v
	}
	return string([]rune(v)[:limit]) + "…"
}
