package mailparse

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// charsetNames maps names as mail programs misspell them, and names of
// subsets, to one that htmlindex knows. Punctuation is removed before.
var charsetNames = map[string]string{
	"utf8": "utf-8", "unicode11utf8": "utf-8", "utf8mb4": "utf-8", "xutf8": "utf-8", "cp65001": "utf-8",
	"latin1": "windows-1252", "latin": "windows-1252", "iso88591": "windows-1252", "iso885915": "iso-8859-15", "ansi": "windows-1252",
	"8859": "windows-1252", "iso8859": "windows-1252", "88591": "windows-1252", "cp1252": "windows-1252", "win1252": "windows-1252",
	"windows1252": "windows-1252", "ansix341968": "windows-1252", "cp819": "windows-1252", "latin2": "iso-8859-2", "latin9": "iso-8859-15",
	"iso88592": "iso-8859-2", "iso88599": "windows-1254", "iso885911": "windows-874", "tis620": "windows-874", "cp874": "windows-874",
	"usascii": "", "ascii": "", "xunknown": "", "unknown8bit": "", "8bit": "", "7bit": "", "default": "", "defaultcharset": "", "none": "", "binary": "",
	"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "xgbk": "gb18030", "cp936": "gb18030", "gb231280": "gb18030", "euccn": "gb18030", "ms936": "gb18030",
	"hzgb2312": "hz", "hz": "hz", "big5": "big5", "cp950": "big5", "big5hkscs": "big5",
	"shiftjis": "shift_jis", "sjis": "shift_jis", "xsjis": "shift_jis", "cp932": "shift_jis", "windows31j": "shift_jis", "mskanji": "shift_jis", "ms932": "shift_jis",
	"eucjp": "euc-jp", "xeucjp": "euc-jp", "ujis": "euc-jp", "iso2022jp": "iso-2022-jp", "jis": "iso-2022-jp", "iso2022jpms": "iso-2022-jp", "cp50220": "iso-2022-jp", "cp50221": "iso-2022-jp",
	"ksc56011987": "euc-kr", "ksc5601": "euc-kr", "euckr": "euc-kr", "cp949": "euc-kr", "uhc": "euc-kr", "ms949": "euc-kr", "iso2022kr": "iso-2022-kr",
	"utf7": "utf-7", "unicode11utf7": "utf-7", "utf16": "utf-16", "utf16le": "utf-16le", "utf16be": "utf-16be", "unicode": "utf-16", "ucs2": "utf-16",
	"koi8r": "koi8-r", "koi8u": "koi8-u", "cp1251": "windows-1251", "win1251": "windows-1251", "cp1250": "windows-1250", "win1250": "windows-1250",
	"cp437": "cp437", "ibm437": "cp437", "cp850": "cp850", "ibm850": "cp850", "cp858": "cp858", "ibm858": "cp858", "macroman": "macintosh", "xmacroman": "macintosh", "macintosh": "macintosh",
}

var metaCharset = regexp.MustCompile(`(?i)<meta[^>]{0,200}charset\s*=\s*["']?\s*([a-z0-9_:.-]+)`)

// decodeText turns the bytes of a text part into UTF-8. It believes bytes more
// than names: valid UTF-8 is UTF-8 whatever its label, subsets are read as
// their supersets, and a byte that fits nowhere is read as windows-1252.
func decodeText(b []byte, label string, isHTML bool) string {
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

func charsetName(label string) string {
	key := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, strings.TrimPrefix(strings.ToLower(strings.Trim(label, " \t'\"")), "charset="))
	if name, ok := charsetNames[key]; ok {
		return name
	}
	if digits, ok := strings.CutPrefix(key, "iso8859"); ok && len(digits) > 0 {
		return "iso-8859-" + strings.TrimRight(digits, "ie")
	}
	if digits, ok := strings.CutPrefix(key, "windows"); ok && strings.HasPrefix(digits, "125") {
		return "windows-" + digits[:4]
	}
	return strings.ToLower(strings.Trim(label, " \t'\";"))
}

func encodingOf(name string) encoding.Encoding {
	switch name {
	case "cp437":
		return charmap.CodePage437
	case "cp850":
		return charmap.CodePage850
	case "cp858":
		return charmap.CodePage858
	}
	if enc, err := htmlindex.Get(name); err == nil {
		return enc
	}
	if enc, err := ianaindex.MIME.Encoding(name); err == nil && enc != nil {
		return enc
	}
	return nil
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
	if bytes.IndexByte(b, 0) < 0 && utf8.Valid(b) && isASCII(clip(b, 256)) {
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
