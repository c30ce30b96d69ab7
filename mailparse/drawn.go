package mailparse

import (
	"regexp"
	"slices"
	"strings"
)

var (
	pipeRow   = regexp.MustCompile(`^[|│┃┆║].*[|│┃║]\s*$`)
	tableRule = regexp.MustCompile(`^[\s|+\-=:_─│┌┐└┘├┤┬┴┼━┃╋╔╗╚╝║═╠╣╦╩╬]{3,}$`)
)

// hasBars says whether a line holds one of the marks that tables are drawn with.
func hasBars(s string) bool {
	if plainASCII(s) {
		return strings.IndexByte(s, '|') >= 0 || strings.IndexByte(s, '+') >= 0
	}
	return strings.ContainsAny(s, "|+│┃║┼╋╬├┌└╔╚")
}

// pastedRule says whether a rule is such as a database's shell prints: its rows
// have no bars at their ends, so nothing shows a table.
func pastedRule(s string) bool {
	return s[0] == '-' && s[len(s)-1] == '-' && strings.Trim(s, "-+") == ""
}

// textTables finds rows drawn with pipes or tabs and makes cells of them. label
// says whether a text begins with a label and a colon: a drawn table without any
// stays as it was typed.
func textTables(doc document, label func(string) bool) document {
	out := make([]line, 0, len(doc.lines)+16)
	box := drawnBox{label: label}
	row, end, typed := 0, 0, false
	for i, l := range doc.lines {
		boxed := hasBars(l.text)
		rule := boxed && isTableRule(l.text)
		if (rule || boxed && isPipeRow(l.text)) && i >= end {
			end, typed = box.asTyped(doc.lines, i)
		}
		cells := drawnCells(l.text, boxed)
		switch {
		case i < end && typed:
			cells = nil
		case rule:
			box.rule(len(out))
			continue
		}
		if len(cells) < 2 || len(cells) > 50 {
			out = box.close(out)
			if len(cells) == 1 {
				l.text = cells[0]
			}
			l.text = strings.TrimSpace(l.text)
			out = append(out, l)
			continue
		}
		row++
		for i, c := range cells {
			out = append(out, line{text: strings.TrimSpace(c), depth: l.depth, row: row, col: i, tab: !boxed})
		}
	}
	doc.lines = box.close(out)
	return doc
}

func isTableRule(s string) bool {
	return len(s) < 2000 && tableRule.MatchString(s) && !pastedRule(s)
}

func isPipeRow(s string) bool { return len(s) < 20000 && pipeRow.MatchString(s) }

// asTyped says where the drawn table that begins at line i ends, and whether none
// of its cells is a label.
func (b *drawnBox) asTyped(lines []line, i int) (end int, typed bool) {
	labelled := b.label == nil
	rows := 0
	for end = i; end < len(lines) && hasBars(lines[end].text); end++ {
		s := lines[end].text
		if isTableRule(s) {
			continue
		}
		if !isPipeRow(s) {
			break
		}
		rows++
		for _, c := range drawnCells(s, true) {
			c = strings.TrimSpace(c)
			labelled = labelled || c != "" && len(c) < 100 && b.label(c+":")
		}
	}
	return end, rows > 0 && !labelled
}

// drawnCells cuts a line at its bars or tabs.
func drawnCells(s string, boxed bool) []string {
	switch {
	case boxed && isPipeRow(s):
		return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("|│┃┆║", r) })
	case strings.Contains(s, "\t"):
		return strings.Split(s, "\t")
	}
	return nil
}

// drawnBox remembers where the rules of a table stand among the lines. Where
// rules part all its rows, the lines between two of them are one row.
type drawnBox struct {
	label func(string) bool
	rules []int
}

func (b *drawnBox) rule(at int) { b.rules = append(b.rules, at) }

// close makes one row of the lines between two rules, if there are four rules at
// least and the first cells together are a label. Fewer rules only frame a table
// and its head.
func (b *drawnBox) close(lines []line) []line {
	rules := b.rules
	b.rules = b.rules[:0]
	if len(rules) < 4 || b.label == nil {
		return lines
	}
	for i := 1; i < len(rules); i++ {
		b.join(lines[rules[i-1]:rules[i]])
	}
	return lines
}

// join puts the lines of one row into the order of its cells.
func (b *drawnBox) join(rows []line) {
	if len(rows) == 0 || rows[0].row == rows[len(rows)-1].row || rows[0].row == 0 {
		return
	}
	var label strings.Builder
	for _, l := range rows {
		if l.col == 0 {
			label.WriteString(l.text + " ")
		}
	}
	if !b.label(strings.TrimSpace(label.String()) + ":") {
		return
	}
	for i := range rows {
		rows[i].row = rows[0].row
	}
	slices.SortStableFunc(rows, func(a, b line) int { return a.col - b.col })
}
