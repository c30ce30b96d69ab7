package mailparse

import (
	"bytes"
	"mime"
	"strings"
)

// header is the fields of one header in order, values unfolded but not
// decoded. Unlike the readers of go-message and net/mail it survives a line
// that is no field: one bad line must not cost a customer the whole mail.
type header []field

type field struct {
	name  string // in lower case
	value string
}

func (h header) get(name string) string {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

func (h header) has(name string) bool {
	for _, f := range h {
		if f.name == name {
			return true
		}
	}
	return false
}

func (h header) all(name string) []string {
	var values []string
	for _, f := range h {
		if f.name == name {
			values = append(values, f.value)
		}
	}
	return values
}

// readHeader splits an entity (RFC 5322 section 2.1) into its header and its
// body. Lines that are no field are dropped when more fields follow and begin
// the body when none does (a missing empty line). cut: fields beyond the limits
// were left out.
func readHeader(b []byte, lim Limits) (h header, body []byte, cut bool) {
	b = skipJunk(b)
	pos, used := 0, 0
	for pos < len(b) {
		line, next := cutLine(b, pos)
		if len(line) == 0 || (len(h) > 0 && len(bytes.TrimSpace(line)) == 0 && !continues(b, next)) {
			return h, b[next:], cut
		}
		switch name, value, ok := splitField(line); {
		case (line[0] == ' ' || line[0] == '\t') && len(h) > 0:
			if last := &h[len(h)-1]; !cut && len(last.value)+len(line) <= lim.FieldBytes {
				last.value, next = foldedValue(b, pos+len(line), last.value, line, lim)
			}
		case ok:
			if len(h) >= lim.Fields || used+len(line) > lim.HeaderBytes {
				cut = true
			} else {
				h = append(h, field{name, string(clip(value, lim.FieldBytes))})
			}
		case !fieldFollows(b, next):
			return h, b[pos:], cut
		}
		if used += next - pos; used > lim.HeaderBytes {
			cut = true
		}
		pos = next
	}
	return h, nil, cut
}

// foldedValue appends a continuation line and all that follow it in one go,
// so that a field of many lines costs no more than its length.
func foldedValue(b []byte, end int, value string, line []byte, lim Limits) (string, int) {
	var sb strings.Builder
	sb.WriteString(value)
	for {
		if s := bytes.TrimSpace(line); len(s) > 0 && sb.Len()+len(s) < lim.FieldBytes {
			sb.WriteByte(' ')
			sb.Write(s)
		}
		_, next := cutLine(b, end-len(line))
		if next >= len(b) || (b[next] != ' ' && b[next] != '\t') {
			return sb.String(), next
		}
		line, _ = cutLine(b, next)
		if len(bytes.TrimSpace(line)) == 0 {
			return sb.String(), next
		}
		end = next + len(line)
	}
}

// skipJunk drops empty lines, mbox "From " lines and the like before the
// first field, but no more than a few.
func skipJunk(b []byte) []byte {
	pos := 0
	for range 20 {
		if pos >= len(b) {
			break
		}
		line, next := cutLine(b, pos)
		if _, _, ok := splitField(line); ok {
			return b[pos:]
		}
		if trimmed := bytes.TrimLeft(line, " \t\ufeff"); len(trimmed) < len(line) && len(trimmed) > 0 {
			if _, _, ok := splitField(trimmed); ok {
				return b[next-(next-pos)+len(line)-len(trimmed):]
			}
		}
		pos = next
	}
	return b
}

func splitField(line []byte) (name string, value []byte, ok bool) {
	i := bytes.IndexByte(line, ':')
	if i <= 0 || i > 200 {
		return "", nil, false
	}
	n := bytes.TrimRight(line[:i], " \t")
	if len(n) == 0 {
		return "", nil, false
	}
	for _, c := range n {
		if c <= ' ' || c >= 0x7f {
			return "", nil, false
		}
	}
	return strings.ToLower(string(n)), bytes.TrimSpace(line[i+1:]), true
}

// fieldFollows looks a few lines ahead: after a bad line, is this still the header?
func fieldFollows(b []byte, pos int) bool {
	for range 8 {
		if pos >= len(b) {
			return false
		}
		line, next := cutLine(b, pos)
		if len(line) == 0 {
			return false
		}
		if name, _, ok := splitField(line); ok {
			return wellKnown.MatchString(name)
		}
		pos = next
	}
	return false
}

// continues says whether a blank line within the header is only damage.
func continues(b []byte, pos int) bool {
	if pos >= len(b) {
		return false
	}
	line, _ := cutLine(b, pos)
	name, _, ok := splitField(line)
	return ok && wellKnown.MatchString(name) && (strings.HasPrefix(name, "content-") || name == "mime-version")
}

// cutLine returns the line at pos without its end, and where the next begins.
// A line ends with LF, CRLF or CRCRLF.
func cutLine(b []byte, pos int) (line []byte, next int) {
	i := bytes.IndexByte(b[pos:], '\n')
	if i < 0 {
		return bytes.TrimRight(b[pos:], "\r"), len(b)
	}
	return bytes.TrimRight(b[pos:pos+i], "\r"), pos + i + 1
}

func clip(b []byte, n int) []byte {
	if len(b) > n {
		return b[:n]
	}
	return b
}

// mediaType reads a Content-Type or Content-Disposition (RFC 2045, RFC 2231),
// and where the strict reader gives up takes what can be recognised.
func mediaType(value string) (string, map[string]string) {
	if t, params, err := mime.ParseMediaType(value); err == nil {
		return t, params
	}
	params := map[string]string{}
	head, rest, _ := strings.Cut(value, ";")
	for rest != "" {
		var name, v string
		name, rest, _ = strings.Cut(rest, "=")
		rest = strings.TrimLeft(rest, " \t")
		if q, ok := strings.CutPrefix(rest, `"`); ok {
			v, rest, _ = strings.Cut(q, `"`)
			_, rest, _ = strings.Cut(rest, ";")
		} else {
			v, rest, _ = strings.Cut(rest, ";")
		}
		name = strings.ToLower(strings.Trim(name, " \t;"))
		if _, seen := params[name]; !seen && name != "" {
			params[name] = strings.Trim(strings.TrimSpace(v), `'"`)
		}
	}
	t := strings.ToLower(strings.Trim(strings.TrimSpace(head), `"'`))
	if fields := strings.Fields(t); len(fields) > 0 {
		t = strings.TrimRight(fields[0], ",")
	}
	return t, params
}
