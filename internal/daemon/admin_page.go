package daemon

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// pageWidth is how wide the pages for operators are, in characters.
const pageWidth = 80

// page is plain text for a terminal, wrapped. What came from outside cannot
// move the cursor or turn the writing in it.
type page struct{ b strings.Builder }

// line adds a paragraph whose first line begins with head; the others are
// indented as deep.
func (p *page) line(head, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	width := pageWidth - len([]rune(head))
	for i, l := range wrap(text, max(width, 20)) {
		if i > 0 {
			head = strings.Repeat(" ", len([]rune(head)))
		}
		p.b.WriteString(strings.TrimRight(head+l, " ") + "\n")
	}
}

func (p *page) blank() { p.b.WriteString("\n") }

func (p *page) String() string { return p.b.String() }

// wrap breaks text into lines of at most width characters, at blanks where it
// can.
func wrap(text string, width int) []string {
	var lines []string
	line := []rune{}
	for _, word := range strings.Fields(inert(text)) {
		w := []rune(word)
		if len(line) > 0 && len(line)+1+len(w) > width {
			lines, line = append(lines, string(line)), nil
		}
		if len(line) > 0 {
			line = append(line, ' ')
		}
		for len(w) > width {
			lines, w = append(lines, string(w[:width])), w[width:]
		}
		line = append(line, w...)
	}
	return append(lines, string(line))
}

// inert shows characters that control a terminal, or hide in text, as dots.
func inert(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return '·'
		}
		return r
	}, text)
}

// clip shortens a text to n characters.
func clip(text string, n int) string {
	r := []rune(strings.Join(strings.Fields(inert(text)), " "))
	if len(r) <= n {
		return string(r)
	}
	return string(r[:n-1]) + "…"
}

const stampLayout = "2006-01-02 15:04:05"

func stamp(t time.Time) string {
	if t.IsZero() {
		return strings.Repeat(" ", len(stampLayout))
	}
	return t.UTC().Format(stampLayout)
}

// plural puts a number before a noun.
func plural[N int | int64 | uint32](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
