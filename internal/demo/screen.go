package demo

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"escalationd/escalation"
	"escalationd/internal/mailserver"
)

const (
	labelWidth = 12 // of the column that says what a row is
	nameWidth  = 12 // of the column that names a field or a letter
	leastWidth = 60
	mostWidth  = 110 // longer lines are hard to read
)

// Colours, by their SGR codes (ECMA-48 section 8.3.117).
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

// screen writes the tale, as wide as the terminal is. Text that came by mail
// is stripped of control characters first.
type screen struct {
	w        io.Writer
	width    int
	terminal bool
	colour   bool
}

// newScreen writes to w; with colours only where w is a terminal and NO_COLOR
// is unset (no-color.org).
func newScreen(w io.Writer) *screen {
	s := &screen{w: w, width: 80}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		s.terminal = true
		s.colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			s.width = min(max(width, leastWidth), mostWidth)
		}
	}
	return s
}

func (s *screen) opening(st *stage) {
	s.line(s.paint(bold, "escalationd demo") + ": mail servers, Redis and the desk in one process")
	s.line("")
	s.row("mail", "IMAP", st.mail.IMAPAddr())
	s.row("", "SMTP", st.mail.SMTPAddr())
	s.row("ledger", "Redis", st.redis.Addr()+", in memory")
	s.row("board", "web", "http://"+st.web)
	s.row("files", "folder", st.dir)
}

func (s *screen) sample(number int, title string) {
	s.heading(fmt.Sprint(number), title)
}

func (s *screen) heading(mark, title string) {
	line := strings.Repeat("─", max(s.width-utf8.RuneCountInString(mark+title)-4, 3))
	s.line("")
	s.line(s.paint(cyan, mark) + "  " + s.paint(bold, title) + "  " + s.paint(dim, line))
}

// decision tells what came in, what was read, each check, and what came of it.
func (s *screen) decision(d decision, took time.Duration) {
	m := d.mail
	s.row("came in", "From", cmp.Or(m.From.Addr, "nobody: "+m.FromProblem))
	s.row("", "Subject", m.Subject)
	s.read(d)
	for i, c := range d.change.Checks {
		mark := s.paint(green, "✓ ")
		if !c.OK {
			mark = s.paint(yellow, "✗ ")
		}
		s.hang(s.label(first(i, "checked"), dim)+mark, labelWidth+2, c.Detail)
	}
	s.hang(s.paint(colourOf(d.change.Disposition), s.fit(string(d.change.Disposition), labelWidth)),
		labelWidth, fmt.Sprintf("%s  (%s)", cmp.Or(d.change.Reason, s.summary(d.change)), seconds(took)))
}

// read tells the forms or the command in a mail.
func (s *screen) read(d decision) {
	m := d.mail
	row := 0
	put := func(name, value string) {
		if value != "" {
			s.row(first(row, "read"), name, value)
			row++
		}
	}
	for _, f := range m.Forms {
		put("Case", f.CaseNumber)
		put("Next step", f.NextStep)
		put("Contact", f.POC)
		put("Reach at", f.POCContact)
		put("Comments", f.Comments)
	}
	if m.Command != nil {
		put("Command", strings.ToUpper(string(m.Command.Verb))+" "+m.Command.Text)
	}
	if row == 0 {
		put("Text", strings.Join(strings.Fields(m.Fresh), " "))
	}
}

// summary is a sentence for an outcome that the rules give no reason for.
func (s *screen) summary(c escalation.Change) string {
	for _, e := range c.Escalations {
		return "case " + e.Case + ", level " + fmt.Sprint(e.Level) + " told"
	}
	return "done"
}

// letter tells a mail that went out: to whom, its subject and how it begins.
func (s *screen) letter(l letter) {
	s.hang(s.label("went out", green)+s.paint(cyan, s.fit(l.kind, nameWidth)), labelWidth+nameWidth, "to "+l.to)
	indent := strings.Repeat(" ", labelWidth+nameWidth)
	for _, line := range s.wrap(l.subject, s.width-labelWidth-nameWidth, 2) {
		s.line(indent + s.paint(bold, line))
	}
	for _, paragraph := range beginning(l.text) {
		for _, line := range s.wrap(paragraph, s.width-labelWidth-nameWidth-2, 3) {
			s.line(indent + s.paint(dim, "│ "+line))
		}
	}
}

// delivered tells a mail that the servers took, without a desk beside them.
func (s *screen) delivered(d mailserver.Delivered) {
	l := readLetter(d)
	s.hang(s.paint(dim, d.At.Format(time.TimeOnly))+"  ", 10,
		fmt.Sprintf("%s → %s: %s", cmp.Or(d.From, "<>"), d.To, l.subject))
}

// waitForAlarm says why nothing happens for a while.
func (s *screen) waitForAlarm() {
	s.hang(s.label("waiting", dim), labelWidth, "what operations must know is gathered for some seconds, so that a flood is one letter")
}

// table tells how each sample ended.
func (s *screen) table(results []result) {
	const number, ended, letters, took = 4, 13, 9, 8
	title := s.width - number - ended - letters - took - 4
	s.line("")
	s.line(s.paint(bold, s.fit("#", number)+s.fit("Sample", title)+s.fit("Ended", ended)+s.fit("Letters", letters)+s.fit("Time", took)))
	failed := 0
	for i, r := range results {
		verdict := s.paint(green, "ok")
		if !r.ok() {
			verdict = s.paint(red, "NO")
			failed++
		}
		s.line(s.fit(fmt.Sprint(i+1), number) + s.fit(r.sample.title, title) +
			s.fit(cmp.Or(string(r.got), "—"), ended) +
			s.fit(fmt.Sprintf("%d of %d", len(r.letters), len(r.sample.letters)), letters) +
			s.fit(seconds(r.took), took) + verdict)
		if !r.ok() {
			s.hang(strings.Repeat(" ", number), number, r.difference())
		}
	}
	s.line("")
	if failed == 0 {
		s.line(s.paint(green, "Each sample ended as expected."))
		return
	}
	s.line(s.paint(red, fmt.Sprintf("%d of %d did not end as expected.", failed, len(results))))
}

// howTo tells how to go on by hand.
func (s *screen) howTo(st *stage) {
	own := filepath.Join(st.dir, "own.eml")
	s.line("")
	s.line(s.paint(bold, "The desk stays open.") + " See what a mail would do, and what would be written; nothing is sent:")
	s.line("")
	s.line("  " + program() + " explain --config " + filepath.Join(st.dir, "desk.yaml") + " \\")
	s.line("       " + filepath.Join(st.dir, "received.eml"))
	s.line("")
	s.line("Then send it; it is own.eml as yet without the mail server's stamp, and its lines can be changed:")
	s.line("")
	s.line("  curl -sS --url smtp://" + st.mail.SMTPAddr() + " --mail-from it@meadow.test \\")
	s.line("       --mail-rcpt " + deskAddress + " --upload-file \\")
	s.line("       " + own)
	s.line("")
	s.hang("", 0, "Or point a mail program's SMTP there. The sender must be who From says. These may escalate: "+
		"operations@harbour.test and finance@harbour.test (cases EX-10231, EX-10388), anybody @bluepeak.test (EX-10544), "+
		"it@meadow.test (EX-10702).")
	s.line("")
	s.line(s.paint(bold, "Letters that went out"))
	s.row("", "files", filepath.Join(st.dir, "letters"))
	s.mailboxes(st.mail.IMAPAddr(), st.mail.SMTPAddr())
	s.line(s.paint(bold, "What the desk does"))
	s.line("  " + program() + " escalations list --config " + filepath.Join(st.dir, "desk.yaml"))
	s.line("")
	s.row("", "board", "http://"+st.web)
	s.row("", "log", filepath.Join(st.dir, "desk.log"))
	s.line("")
	s.line("Ctrl-C ends it and removes the folder. What happens now is told below.")
}

// program is how the reader calls us.
func program() string {
	if strings.Contains(os.Args[0], "go-build") {
		return "go run ./cmd/escalationd"
	}
	return os.Args[0]
}

// mailboxes tells how to read the mailboxes.
func (s *screen) mailboxes(imapAddr, smtpAddr string) {
	s.row("", "IMAP", imapAddr+", without TLS")
	s.row("", "SMTP", smtpAddr+", without TLS or login")
	s.row("", "letters", outsideAddress+", password "+password+": all mail to anybody but the desk")
	s.row("", "desk", deskAddress+", password "+password)
	s.line("")
}

// row is a line of three columns: what it is, a name, a value.
func (s *screen) row(label, name, value string) {
	s.hang(s.label(label, dim)+s.fit(name, nameWidth), labelWidth+nameWidth, value)
}

func (s *screen) label(text, colour string) string {
	return s.paint(colour, s.fit(text, labelWidth))
}

// hang writes text after a prefix of a width; further lines begin below.
func (s *screen) hang(prefix string, width int, text string) {
	for i, line := range s.wrap(text, s.width-width, 8) {
		if i > 0 {
			prefix = strings.Repeat(" ", width)
		}
		s.line(prefix + line)
	}
}

func (s *screen) line(text string) {
	_, _ = io.WriteString(s.w, strings.TrimRight(text, " ")+"\n") // a closed pipe is nobody's loss
}

func (s *screen) paint(code, text string) string {
	if !s.colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// fit makes text exactly width columns wide, with a blank at its end.
func (s *screen) fit(text string, width int) string {
	text = clip(clean(text), width-1)
	return text + strings.Repeat(" ", width-utf8.RuneCountInString(text))
}

// wrap breaks text into at most lines of a width; a longer text ends in "…".
func (s *screen) wrap(text string, width, lines int) []string {
	var out []string
	line := ""
	for _, word := range strings.Fields(clean(text)) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			out = append(out, clip(line, width))
			line = word
		}
	}
	out = append(out, clip(line, width))
	if len(out) > lines {
		out = out[:lines]
		out[lines-1] = clip(out[lines-1], width-2) + " …"
	}
	return out
}

func colourOf(d escalation.Disposition) string {
	switch d {
	case escalation.Accepted, escalation.Updated, escalation.Commanded:
		return green
	case escalation.Quarantined:
		return red
	case escalation.Ignored, escalation.Duplicate:
		return dim
	}
	return yellow
}

// beginning is how a letter's text begins: its first paragraph, and the second
// if that is a sentence too. Quoted lines are left out.
func beginning(text string) []string {
	var out []string
	for paragraph := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		paragraph, _, _ = strings.Cut(strings.TrimSpace(paragraph), "\n>")
		if paragraph == "" {
			continue
		}
		if len(out) == 0 {
			out = append(out, paragraph)
			continue
		}
		if strings.HasSuffix(paragraph, ".") && !strings.HasPrefix(paragraph, ">") {
			out = append(out, paragraph)
		}
		break
	}
	return out
}

// clean makes text harmless to a terminal.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
}

func clip(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:max(width-1, 0)]) + "…"
}

func first(i int, label string) string {
	if i > 0 {
		return ""
	}
	return label
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
