package mailparse

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// line is one line as a person sees it, whatever it was made of.
type line struct {
	text   string // NFC, without invisible characters and quote marks; tabs kept
	depth  int    // quote level: '>' marks and quoting blockquotes
	row    int    // table row, unique in the document; 0 outside of tables
	col    int    // cell within the row
	zone   int    // how many quote headers without '>' stand above
	kind   lineKind
	tab    bool  // a cell that only a tab made: its text may go on in the next line
	cell   *cell // the table cell of a page in which it stands; nil outside
	split  bool  // cut off a line that held several labels
	tight  bool  // no blank follows its quote marks
	small  bool  // in small print
	cited  bool  // its depth comes from a page's quoting element
	signed bool  // in what the mail program itself marks as the signature
}

type lineKind uint8

const (
	ordinary  lineKind = iota
	quoteHead          // attribution line or header block of a quoted mail
	noise              // what no person wrote: banners, cid images, rulers
)

func (l line) blank() bool { return l.text == "" }

// document is one body, top to bottom.
type document struct {
	lines []line
	html  bool
	cut   bool // a page that ends within its text
	// escaped is the source of a page, once unescaped, that seems to have been
	// escaped twice.
	escaped string
}

// cleanText removes what does not matter for reading: invisible characters go,
// every kind of blank becomes a space, letters are composed (NFC).
func cleanText(s string) string {
	if plainASCII(s) {
		return s
	}
	var sb strings.Builder
	sb.Grow(len(s))
	for _, r := range s {
		switch {
		case invisible(r):
		case r == '\t' || r == '\n':
			sb.WriteRune(r)
		case r == '\u2028' || r == '\u2029' || r == '\v' || r == '\f':
			sb.WriteByte('\n')
		case unicode.Is(unicode.Zs, r):
			sb.WriteByte(' ')
		case r >= 0x80 && r < 0xa0:
			if m := c1[r-0x80]; m != 0 {
				sb.WriteRune(m)
			}
		case r < ' ' || r == 0x7f:
		default:
			sb.WriteRune(r)
		}
	}
	return norm.NFC.String(sb.String())
}

// c1 are the characters of windows-1252 that careless programs send as C1
// controls.
var c1 = [32]rune{0: '€', 2: '‚', 3: 'ƒ', 4: '„', 5: '…', 6: '†', 7: '‡', 8: 'ˆ', 9: '‰', 10: 'Š', 11: '‹', 12: 'Œ', 14: 'Ž',
	17: '‘', 18: '’', 19: '“', 20: '”', 21: '•', 22: '–', 23: '—', 24: '˜', 25: '™', 26: 'š', 27: '›', 28: 'œ', 30: 'ž', 31: 'Ÿ'}

// invisible characters: zero-width, soft hyphen, bidi and variation marks.
func invisible(r rune) bool {
	switch {
	case r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f,
		r == 0xfeff, r == 0xad, r == 0x61c, r == 0x180e, r == 0x034f, r == 0x115f, r == 0x1160, r == 0x3164,
		r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0000 && r <= 0xe007f, r == 0xfffc:
		return true
	}
	return false
}

func plainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || (c < ' ' && c != '\t' && c != '\n') || c == 0x7f {
			return false
		}
	}
	return true
}

// newlines makes every line end a single \n.
func newlines(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	var sb strings.Builder
	sb.Grow(len(s))
	for {
		i := strings.IndexByte(s, '\r')
		if i < 0 {
			break
		}
		sb.WriteString(s[:i])
		sb.WriteByte('\n')
		s = s[i+1:]
		if t := strings.TrimPrefix(s, "\r"); t != "" && t[0] == '\n' {
			s = t[1:]
		}
	}
	sb.WriteString(s)
	return sb.String()
}

const groupWise = ">>>"

const maxQuoteDepth = 100 // deeper quote marks are dropped

// quoteDepth cuts the '>' marks off a line. A '>' counts as a mark only at
// the line's start, and not where the same marks end the line: so GroupWise
// writes its attribution.
func quoteDepth(s string) (depth int, rest string) {
	if strings.HasPrefix(s, groupWise) && strings.HasSuffix(strings.TrimSpace(s), " "+groupWise) {
		return 0, s
	}
	for {
		t := strings.TrimLeft(s, " ")
		if depth == 0 && len(s)-len(t) > 3 {
			break
		}
		switch {
		case strings.HasPrefix(t, ">"):
			s = t[1:]
		case strings.HasPrefix(t, "＞"):
			s = t[len("＞"):]
		default:
			return depth, s
		}
		if depth++; depth >= maxQuoteDepth {
			return depth, strings.TrimLeft(s, "> ")
		}
	}
	return depth, s
}

// fold makes texts comparable: one space for any white space, lower case.
func fold(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}

// text joins lines, quote marks included.
func joinLines(lines []line) string {
	var sb strings.Builder
	for i, l := range lines {
		if i > 0 {
			if l.row > 0 && l.row == lines[i-1].row && l.col != lines[i-1].col {
				sb.WriteByte('\t')
			} else {
				sb.WriteByte('\n')
			}
		}
		for range l.depth {
			sb.WriteString("> ")
		}
		sb.WriteString(l.text)
	}
	return strings.TrimSpace(sb.String())
}
