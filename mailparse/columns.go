package mailparse

import (
	"strings"
	"unicode/utf8"
)

// wrappedColumn reads a label that wraps within its column while the value
// stands in another, both aligned by blanks:
//
//	Phone Number or    noc@example.com
//	Email for POC      (day and night)
//
// n is how many lines that took.
func (set *labelSet) wrappedColumn(lines []line) (n int, out []line) {
	label, value, at := atWideBlank(lines[0].text)
	if at < 0 || !set.starts[labelKey(label)] {
		return 0, nil
	}
	values := []string{value}
	best := 0
	for k := 1; k < min(len(lines), 4); k++ {
		l := lines[k]
		if l.blank() || l.row > 0 || l.depth != lines[0].depth {
			break
		}
		more, v, col := atWideBlank(l.text)
		switch {
		case col < 0:
			if more = l.text; labelKey(more) == "" {
				return n, out
			}
		case col < at-1 || col > at+1:
			return n, out
		}
		label += " " + more
		if v != "" {
			values = append(values, v)
		}
		if l, ok := set.exact[labelKey(label)]; ok && l.rank >= good {
			best = k
			n, out = k+1, columnLines(lines[0], label, values)
		} else if !set.starts[labelKey(label)] {
			break
		}
	}
	if best == 0 {
		return 0, nil
	}
	return n, out
}

func columnLines(l line, label string, values []string) (out []line) {
	for i, v := range values {
		l.text = v
		if i == 0 {
			l.text = strings.TrimRight(label, " :：") + ": " + v
		}
		out = append(out, l)
	}
	return out
}

// atWideBlank parts a line at its first run of blanks. at is the column, in
// characters, where the right part begins; -1 when there is none.
func atWideBlank(s string) (left, right string, at int) {
	if len(s) > 400 {
		return "", "", -1
	}
	i := strings.Index(s, "  ")
	if i <= 0 {
		return "", "", -1
	}
	right = strings.TrimLeft(s[i:], " :：")
	return s[:i], right, utf8.RuneCountInString(s) - utf8.RuneCountInString(right)
}
