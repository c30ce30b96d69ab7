package mailparse

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
)

// charsetNames maps names as mail programs misspell them, and names of
// subsets, to one that encodingOf knows. Punctuation is removed before. UTF-32
// is known by its bytes.
var charsetNames = map[string]string{
	"utf8": "utf-8", "unicode11utf8": "utf-8", "utf8mb4": "utf-8", "cp65001": "utf-8",
	"latin": "windows-1252", "ansi": "windows-1252", "8859": "windows-1252", "iso8859": "windows-1252", "ansix341968": "windows-1252", "cp819": "windows-1252", "tis620": "windows-874",
	"usascii": "", "ascii": "", "unknown": "", "unknown8bit": "", "8bit": "", "7bit": "", "default": "", "defaultcharset": "", "none": "", "binary": "", "utf32": "", "utf32be": "", "utf32le": "", "ucs4": "",
	"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "cp936": "gb18030", "gb231280": "gb18030", "euccn": "gb18030", "ms936": "gb18030", "cp54936": "gb18030",
	"hzgb2312": "hz", "hz": "hz", "big5": "big5", "cp950": "big5", "big5hkscs": "big5",
	"shiftjis": "shift_jis", "sjis": "shift_jis", "cp932": "shift_jis", "windows31j": "shift_jis", "mskanji": "shift_jis", "ms932": "shift_jis",
	"eucjp": "euc-jp", "ujis": "euc-jp", "cp51932": "euc-jp", "iso2022jp": "iso-2022-jp", "jis": "iso-2022-jp", "iso2022jpms": "iso-2022-jp", "cp50220": "iso-2022-jp", "cp50221": "iso-2022-jp",
	"ksc56011987": "euc-kr", "ksc5601": "euc-kr", "euckr": "euc-kr", "cp949": "euc-kr", "uhc": "euc-kr", "ms949": "euc-kr", "iso2022kr": "iso-2022-kr",
	"utf7": "utf-7", "unicode11utf7": "utf-7", "utf16": "utf-16", "utf16le": "utf-16le", "utf16be": "utf-16be", "unicode": "utf-16", "ucs2": "utf-16",
	"koi8": "koi8-r", "koi8r": "koi8-r", "koi8u": "koi8-u", "cp20866": "koi8-r", "cp21866": "koi8-u",
	"mac": "macintosh", "macroman": "macintosh", "macintosh": "macintosh", "cp10000": "macintosh", "maccyrillic": "x-mac-cyrillic", "macintoshcyrillic": "x-mac-cyrillic", "macukrainian": "x-mac-cyrillic", "cp10007": "x-mac-cyrillic",
	"msee": "windows-1250", "mscyrl": "windows-1251", "msansi": "windows-1252", "msgreek": "windows-1253", "msturk": "windows-1254", "mshebr": "windows-1255", "msarab": "windows-1256", "winbaltrim": "windows-1257",
}

// numbered is a folded name that ends in the number of a part, an alphabet or a
// code page.
var numbered = regexp.MustCompile(`^(?:(iso8859|8859)|((?:iso)?latin|l)|windows|win|cp|dos|pc|ms|ibm|(?:ibm|windows)?codepage)(\d{1,5})[ie]?$`)

// latinParts are the parts of ISO 8859 that hold Latin alphabets 1 to 10.
var latinParts = []int{15, 1, 2, 3, 4, 9, 10, 13, 14, 15, 16}

// charsetName is a label in the form that decodeText and encodingOf know;
// empty where it says nothing. What follows a colon is the standard's year.
func charsetName(label string) string {
	label = strings.TrimPrefix(strings.ToLower(strings.Trim(label, " \t'\";")), "charset=")
	label, _, _ = strings.Cut(strings.Trim(label, " '\""), ":")
	key := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, label)
	key = strings.TrimPrefix(key, "x")
	if name, ok := charsetNames[key]; ok {
		return name
	}
	m := numbered.FindStringSubmatch(key)
	if m == nil {
		return label
	}
	n, _ := strconv.Atoi(m[3]) // five digits at most
	switch {
	case m[1] != "":
		return isoPart(n)
	case m[2] != "" && n < len(latinParts):
		return isoPart(latinParts[n])
	}
	return codePage(n)
}

// isoPart names a part of ISO 8859.
func isoPart(n int) string { return "iso-8859-" + strconv.Itoa(n) }

// codePage names a code page of IBM's or Microsoft's.
func codePage(n int) string {
	name := "cp" + strconv.Itoa(n)
	switch same, ok := charsetNames[name]; {
	case ok:
		return same
	case n == 874, n >= 1250 && n <= 1258:
		return "windows-" + strconv.Itoa(n)
	case n > 28590 && n <= 28606:
		return isoPart(n - 28590)
	}
	return name
}

func encodingOf(name string) encoding.Encoding {
	if enc, err := htmlindex.Get(name); err == nil {
		return enc
	}
	names := []string{name}
	if page, ok := strings.CutPrefix(name, "cp"); ok {
		for len(page) < 5 {
			names = append(names, "ibm"+page)
			page = "0" + page
		}
		names = append(names, "ibm"+page)
	}
	for _, name := range names {
		for _, index := range []*ianaindex.Index{ianaindex.MIME, ianaindex.IANA} {
			if enc, err := index.Encoding(name); err == nil && enc != nil {
				return enc
			}
		}
	}
	return nil
}
