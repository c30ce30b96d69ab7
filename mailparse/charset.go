package mailparse

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

var metaCharset = regexp.MustCompile(`(?i)<meta[^>]{0,200}charset\s*=\s*["']?\s*([a-z0-9_:.-]+)`)

// decodeText turns the bytes of a text part into UTF-8. It believes bytes more
// than names: valid UTF-8 is UTF-8 whatever its label, subsets are read as
// their supersets, and a byte that fits nowhere is read as windows-1252.
func decodeText(b []byte, label string, isHTML bool) string {
	if s, ok := decodeUTF32(b); ok {
		return s
	}
	if s, ok := decodeBOM(b); ok {
		return s
	}
	name := charsetName(label)
	if name == "" && isHTML {
		if m := metaCharset.FindSubmatch(clip(b, 4096)); m != nil {
			name = charsetName(string(m[1]))
			if strings.HasPrefix(name, "utf-16") {
				name = ""
			}
		}
	}
	if strings.HasPrefix(name, "utf-16") || manyNULs(b) {
		return decodeUTF16(b, name)
	}
	if bytes.IndexByte(b, 0) >= 0 {
		b = bytes.ReplaceAll(b, []byte{0}, nil)
	}
	switch {
	case name == "utf-7":
		return decodeUTF7(b)
	case name == "hz":
		return decodeWith(simplifiedchinese.HZGB2312, b)
	case bytes.Contains(b, []byte("\x1b$")) || bytes.Contains(b, []byte("\x1b(")):
		if name == "iso-2022-kr" || bytes.Contains(b, []byte("\x1b$)C")) {
			return decodeISO2022KR(b)
		}
		return decodeWith(japanese.ISO2022JP, b)
	case isASCII(b):
		return string(b)
	}
	return decodeHigh(b, name)
}

// decodeHigh decodes bytes above 127 in an 8-bit or multi-byte charset.
func decodeHigh(b []byte, name string) string {
	valid := utf8.Valid(b)
	multi := multiByte(name)
	if valid && !(multi && cleanIn(name, b) && !threeByte(b)) {
		return string(b)
	}
	if name == "" || name == "utf-8" || name == "iso-2022-jp" {
		if guess := guessCharset(b); guess != "" && !mostlyUTF8(b) {
			name = guess
		} else {
			return decodeMixed(b, charmap.Windows1252)
		}
	}
	enc := encodingOf(name)
	if enc == nil {
		return decodeMixed(b, charmap.Windows1252)
	}
	return decodeLines(b, enc)
}

// decodeLines decodes line by line, since one body may hold two charsets: a
// line that is valid UTF-8 beyond ASCII is taken as such.
func decodeLines(b []byte, enc encoding.Encoding) string {
	var sb strings.Builder
	sb.Grow(len(b) + len(b)/8)
	var pending []byte
	flush := func() {
		if len(pending) > 0 {
			sb.WriteString(decodeWith(enc, pending))
			pending = nil
		}
	}
	for pos := 0; pos < len(b); {
		_, next := cutLine(b, pos)
		line := b[pos:next]
		if !isASCII(line) && utf8.Valid(line) && likelyUTF8(line, enc) {
			flush()
			sb.Write(line)
		} else {
			start := pos - len(pending)
			pending = b[start:next]
		}
		pos = next
	}
	flush()
	return sb.String()
}

// likelyUTF8 says whether a valid UTF-8 line is more than a coincidence in enc.
func likelyUTF8(line []byte, enc encoding.Encoding) bool {
	if _, single := enc.(*charmap.Charmap); single {
		line = clip(line, 4096)
		return plausibility(string(line)) >= plausibility(decodeWith(enc, line))
	}
	return threeByte(line) && strings.ContainsRune(decodeWith(enc, line), utf8.RuneError)
}

// decodeMixed reads valid UTF-8 sequences as such and every other byte in a
// single-byte charset.
func decodeMixed(b []byte, single *charmap.Charmap) string {
	var sb strings.Builder
	sb.Grow(len(b) + len(b)/8)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			r = single.DecodeByte(b[0])
		}
		sb.WriteRune(r)
		b = b[n:]
	}
	return sb.String()
}

func decodeWith(enc encoding.Encoding, b []byte) string {
	s, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return decodeMixed(b, charmap.Windows1252)
	}
	return string(s)
}

func multiByte(name string) bool {
	switch name {
	case "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr":
		return true
	}
	return false
}

func cleanIn(name string, b []byte) bool {
	enc := encodingOf(name)
	return enc != nil && !strings.ContainsRune(decodeWith(enc, b), utf8.RuneError)
}

func threeByte(b []byte) bool {
	for len(b) > 0 {
		_, n := utf8.DecodeRune(b)
		if n >= 3 {
			return true
		}
		b = b[n:]
	}
	return false
}

func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if n > 1 {
			good++
		} else if r == utf8.RuneError {
			bad++
		}
		b = b[n:]
	}
	return good >= bad
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func decodeBOM(b []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return decodeText(b[3:], "utf-8", false), true
	case bytes.HasPrefix(b, []byte("\xff\xfe")) && len(b)%2 == 0, bytes.HasPrefix(b, []byte("\xfe\xff")) && len(b)%2 == 0:
		s, err := unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder().Bytes(b)
		return string(s), err == nil
	}
	return "", false
}

func manyNULs(b []byte) bool {
	head := clip(b, 1024)
	odd := 0
	for i := 1; i < len(head); i += 2 {
		if head[i] == 0 {
			odd++
		}
	}
	all := bytes.Count(head, []byte{0})
	return len(head) >= 8 && all*3 >= len(head) && max(odd, all-odd)*10 >= all*9
}

func decodeUTF16(b []byte, name string) string {
	if bytes.IndexByte(b, 0) < 0 && utf8.Valid(b) {
		return string(b) // the label lies: this was never 16-bit
	}
	even, odd := 0, 0
	for i, c := range clip(b, 4096) {
		if c == 0 && i%2 == 0 {
			even++
		} else if c == 0 {
			odd++
		}
	}
	little := name == "utf-16le" && odd >= even || odd > even
	units := make([]uint16, len(b)/2)
	for i := range units {
		if little {
			units[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
		} else {
			units[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
		}
	}
	return string(utf16.Decode(units))
}

// decodeUTF32 reads text in units of 32 bits, whatever its label: no other text
// has units that all are characters.
func decodeUTF32(b []byte) (string, bool) {
	for _, order := range []binary.ByteOrder{binary.BigEndian, binary.LittleEndian} {
		if !inUTF32(clip(b, 4096), order) {
			continue
		}
		out := make([]byte, 0, len(b)/2)
		for ; len(b) >= 4; b = b[4:] {
			out = utf8.AppendRune(out, rune(order.Uint32(b)))
		}
		return strings.TrimPrefix(string(out), "\ufeff"), true
	}
	return "", false
}

func inUTF32(b []byte, order binary.ByteOrder) bool {
	for i := 0; i+4 <= len(b); i += 4 {
		if u := order.Uint32(b[i:]); u == 0 || u > utf8.MaxRune {
			return false
		}
	}
	return len(b) >= 8
}

// decodeUTF7 reads RFC 2152.
func decodeUTF7(b []byte) string {
	var sb strings.Builder
	for i := 0; i < len(b); i++ {
		if b[i] != '+' {
			sb.WriteByte(b[i])
			continue
		}
		j := i + 1
		for j < len(b) && base64Value[b[j]] >= 0 {
			j++
		}
		if j == i+1 {
			sb.WriteByte('+')
		} else if raw, err := base64.RawStdEncoding.DecodeString(string(b[i+1 : j])); err == nil || len(raw) > 1 {
			units := make([]uint16, len(raw)/2)
			for k := range units {
				units[k] = uint16(raw[2*k])<<8 | uint16(raw[2*k+1])
			}
			sb.WriteString(string(utf16.Decode(units)))
		} else {
			sb.Write(b[i:j])
		}
		if j < len(b) && b[j] == '-' {
			j++
		}
		i = j - 1
	}
	return sb.String()
}

// decodeISO2022KR maps the shifted bytes of RFC 1557 to EUC-KR.
func decodeISO2022KR(b []byte) string {
	out := make([]byte, 0, len(b))
	shifted := false
	b = bytes.ReplaceAll(b, []byte("\x1b$)C"), nil)
	for _, c := range b {
		switch {
		case c == 0x0e:
			shifted = true
		case c == 0x0f:
			shifted = false
		case c == '\n':
			shifted = false
			out = append(out, c)
		case shifted && c > ' ':
			out = append(out, c|0x80)
		default:
			out = append(out, c)
		}
	}
	return decodeWith(korean.EUCKR, out)
}
