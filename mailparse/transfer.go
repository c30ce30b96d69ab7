package mailparse

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// decodeTransfer undoes a Content-Transfer-Encoding (RFC 2045 section 6) and
// believes the bytes more than the field: a wrong or misspelt name is common.
// At most limit bytes are decoded.
func decodeTransfer(b []byte, name string, limit int) []byte {
	name = strings.ToLower(strings.Trim(name, " \t\"';"))
	if i := strings.IndexAny(name, " \t;("); i > 0 && !strings.HasPrefix(name, "quoted") && !strings.HasPrefix(name, "base") {
		name = name[:i]
	}
	switch {
	case strings.HasPrefix(name, "base"), strings.HasPrefix(name, "x-base"), name == "b":
		if looksBase64(b) {
			return decodeBase64(b, limit)
		}
		if looksQuotedPrintable(b) {
			return decodeQuotedPrintable(clip(b, 3*limit))
		}
		return clip(b, limit)
	case strings.Contains(name, "uue"), strings.Contains(name, "x-uu"):
		return decodeUU(clip(b, 2*limit))
	case strings.HasPrefix(name, "quoted"), name == "q", name == "qp":
		if wholeBase64(b) {
			return decodeBase64(b, limit)
		}
		out := decodeQuotedPrintable(clip(b, 3*limit))
		if !rawEquals(b) && encodedAgain(out) {
			out = decodeQuotedPrintable(out)
		}
		return out
	}
	switch {
	case wholeBase64(b):
		return decodeBase64(b, limit)
	case looksQuotedPrintable(b):
		return decodeQuotedPrintable(clip(b, 3*limit))
	}
	return clip(b, limit)
}

// looksBase64 tells damaged base64 from text that was never encoded: text has
// blanks inside its lines.
func looksBase64(b []byte) bool {
	good, bad := 0, 0
	head := clip(b, 4096)
	for pos := 0; pos < len(head); {
		line, next := cutLine(head, pos)
		line = bytes.TrimSpace(line)
		if len(line) > 0 {
			if bytes.Count(line, []byte(" ")) >= 2 || bytes.IndexByte(line, ':') >= 0 || bytes.IndexByte(line, '<') >= 0 {
				bad += len(line)
			} else {
				good += len(line)
			}
		}
		pos = next
	}
	return good > 0 && (good >= bad || firstLineBase64(head))
}

func firstLineBase64(b []byte) bool {
	b = bytes.TrimLeft(b, "\r\n")
	line, _ := cutLine(b, 0)
	return len(line) >= 40 && onlyBase64(line)
}

// wholeBase64 recognises base64 under another encoding's name: nothing but
// the alphabet, long lines of one length, decoding to text.
func wholeBase64(b []byte) bool {
	trimmed := bytes.TrimSpace(b)
	if len(trimmed) < 40 {
		return false
	}
	first, _ := cutLine(trimmed, 0)
	if !onlyBase64(first) || (len(first) < 60 && len(first) != len(trimmed)) {
		return false
	}
	for pos := 0; pos < len(trimmed); {
		line, next := cutLine(trimmed, pos)
		if !onlyBase64(bytes.TrimSpace(line)) {
			return false
		}
		pos = next
	}
	text := decodeBase64(clip(trimmed, 4000), 4000)
	control := 0
	for _, c := range text {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != 0x1b {
			control++
		}
	}
	return len(text) > 0 && control*50 < len(text)
}

func onlyBase64(line []byte) bool {
	for i, c := range line {
		if base64Value[c] < 0 && (c != '=' || i < len(line)-2) {
			return false
		}
	}
	return len(line) > 0
}

func looksQuotedPrintable(b []byte) bool {
	head := clip(b, 64<<10)
	soft, codes := 0, 0
	for {
		i := bytes.IndexByte(head, '=')
		if i < 0 || i+2 >= len(head) {
			break
		}
		head = head[i+1:]
		switch string(head[:2]) {
		case "20", "3D", "C3", "E2", "0A", "0D", "C2":
			codes++
		case "\r\n":
			soft++
		default:
			if head[0] == '\n' {
				soft++
			}
		}
	}
	return codes >= 2 || (soft >= 1 && codes >= 1) || soft >= 3
}

// encodedAgain says whether decoded text still is quoted-printable: lines end in
// blanks that are escaped, and in soft breaks.
func encodedAgain(b []byte) bool {
	return bytes.Count(b, []byte("=20\n")) >= 2 && bytes.Contains(b, []byte("=\n"))
}

// base64Value is the decoding table of RFC 4648 section 4; -1 is no digit.
var base64Value = func() (t [256]int8) {
	for i := range t {
		t[i] = -1
	}
	for i, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		t[c] = int8(i)
	}
	return t
}()

// decodeBase64 tries the strict decoder, then one that skips junk, goes on
// after inner padding, and leaves out lines that are words (a list's footer).
func decodeBase64(b []byte, limit int) []byte {
	b = clip(b, limit/3*4+limit/16+1024)
	out := make([]byte, base64.StdEncoding.DecodedLen(len(b)))
	if n, err := base64.StdEncoding.Decode(out, b); err == nil {
		return clip(out[:n], limit)
	}
	out = out[:0]
	var acc uint32
	var n int
	padded := false // once the data has ended, only a whole line of it is more
	flush := func() {
		if n == 3 {
			out = append(out, byte(acc>>10), byte(acc>>2))
		} else if n == 2 {
			out = append(out, byte(acc>>4))
		}
		acc, n = 0, 0
	}
	for pos := 0; pos < len(b); {
		line, next := cutLine(b, pos)
		pos = next
		if !base64Line(line) || padded && !onlyBase64(bytes.TrimSpace(line)) {
			continue
		}
		for _, c := range line {
			if c == '=' {
				flush()
				padded = true
				continue
			}
			v := base64Value[c]
			if v < 0 {
				continue
			}
			acc = acc<<6 | uint32(v)
			if n++; n == 4 {
				out = append(out, byte(acc>>16), byte(acc>>8), byte(acc))
				acc, n = 0, 0
			}
		}
	}
	flush()
	return clip(out, limit)
}

func base64Line(line []byte) bool {
	line = bytes.TrimSpace(line)
	junk, blanks := 0, 0
	for _, c := range line {
		switch {
		case c == ' ':
			blanks++
		case base64Value[c] < 0 && c != '=':
			junk++
		}
	}
	if len(line) < 60 && blanks >= 2 || bytes.Contains(line, []byte("://")) {
		return false
	}
	return len(line) > 0 && (junk+blanks)*4 <= len(line)
}

// decodeQuotedPrintable is RFC 2045 section 6.7 without its refusals: an
// equals sign that starts no code stays one, blanks after a soft break do not
// matter.
func decodeQuotedPrintable(b []byte) []byte {
	out := make([]byte, 0, len(b))
	raw, doubled := rawEquals(b), doubledBreaks(b)
	for pos := 0; pos < len(b); {
		line, next := cutLine(b, pos)
		ended := next <= len(b) && next > pos && b[next-1] == '\n'
		pos = next
		line = bytes.TrimRight(line, " \t\r")
		soft := false
		if n := len(line); n > 0 && line[n-1] == '=' {
			line, soft = line[:n-1], true
		}
		for i := 0; i < len(line); i++ {
			if line[i] == '=' && i+2 < len(line) {
				if hi, lo := unhex(line[i+1]), unhex(line[i+2]); hi >= 0 && lo >= 0 && !(raw && alphanumeric(byte(hi<<4|lo))) {
					out = append(out, byte(hi<<4|lo))
					i += 2
					continue
				}
			}
			out = append(out, line[i])
		}
		if !soft && ended {
			out = append(out, '\n')
		}
		if empty, after := cutLine(b, min(pos, len(b))); soft && doubled && len(empty) == 0 {
			pos = after
		}
	}
	return out
}

// doubledBreaks says whether a gateway put an empty line after every soft break.
func doubledBreaks(b []byte) bool {
	b = clip(b, 256<<10)
	n := bytes.Count(b, []byte("=\r\n")) + bytes.Count(b, []byte("=\n"))
	return n > 1 && n == bytes.Count(b, []byte("=\r\n\r\n"))+bytes.Count(b, []byte("=\n\n"))
}

// rawEquals says whether a body leaves equals signs unescaped, so that "=50"
// may be just that: encoders never need a code for a letter or a digit.
func rawEquals(b []byte) bool {
	stray, codes := 0, 0
	b = clip(b, 256<<10)
	for pos := 0; pos < len(b); {
		i := bytes.IndexByte(b[pos:], '=')
		if i < 0 || pos+i+2 >= len(b) {
			break
		}
		pos += i + 1
		hi, lo := unhex(b[pos]), unhex(b[pos+1])
		switch {
		case b[pos] == '\r' || b[pos] == '\n' || b[pos] == ' ' || b[pos] == '\t':
		case hi < 0 || lo < 0:
			stray++
		case alphanumeric(byte(hi<<4 | lo)):
			codes++
		}
	}
	return stray > 0 && codes <= 2*stray
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// decodeUU decodes the body between begin and end; text around it is kept.
func decodeUU(b []byte) []byte {
	var out []byte
	inside := false
	for pos := 0; pos < len(b); {
		line, next := cutLine(b, pos)
		pos = next
		switch {
		case !inside && bytes.HasPrefix(line, []byte("begin ")):
			inside = true
		case inside && (string(line) == "end" || string(line) == "`"):
			inside = string(line) != "end"
		case inside && len(line) > 0:
			out = appendUULine(out, line)
		case !inside:
			out = append(append(out, line...), '\n')
		}
	}
	return out
}

func appendUULine(out, line []byte) []byte {
	n := int(line[0]-' ') & 63
	at := func(i int) byte {
		if i < len(line) {
			return (line[i] - ' ') & 63
		}
		return 0
	}
	for i := 1; n > 0 && i < len(line); i += 4 {
		group := []byte{at(i)<<2 | at(i+1)>>4, at(i+1)<<4 | at(i+2)>>2, at(i+2)<<6 | at(i+3)}
		out = append(out, group[:min(n, 3)]...)
		n -= 3
	}
	return out
}
