package redisstore

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean takes the address out of all strings in JSON; JSON without it stays
// as it is.
func (f *forgetter) clean(data []byte) ([]byte, error) {
	if len(data) == 0 {
		return data, nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	clean, found := f.walk(v)
	if !found {
		return data, nil
	}
	return json.Marshal(clean)
}

func (f *forgetter) walk(v any) (clean any, found bool) {
	switch v := v.(type) {
	case string:
		text := f.blank(v)
		return text, text != v
	case []any:
		for i := range v {
			item, ok := f.walk(v[i])
			v[i], found = item, found || ok
		}
	case map[string]any:
		for k := range v {
			item, ok := f.walk(v[k])
			v[k], found = item, found || ok
		}
	}
	return v, found
}

// blank takes the address out of text, but not out of a longer address.
func (f *forgetter) blank(text string) string {
	lower, addr := strings.ToLower(text), strings.ToLower(f.addr)
	if !strings.Contains(lower, addr) {
		return text
	}
	if len(lower) != len(text) { // letters whose lower case is of another length
		text = lower
	}
	var b strings.Builder
	for {
		i := strings.Index(lower, addr)
		if i < 0 {
			return b.String() + text
		}
		end := i + len(addr)
		b.WriteString(text[:i])
		if partOfLonger(lower, i, end) {
			b.WriteString(text[i:end])
		} else {
			b.WriteString(forgottenMark)
		}
		text, lower = text[end:], lower[end:]
	}
}

// partOfLonger reports whether the address at text[from:to] is a piece of a
// longer one.
func partOfLonger(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, size := utf8.DecodeRuneInString(text[to:])
	next, _ := utf8.DecodeRuneInString(text[to+size:])
	local := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._+-", r) }
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	return from > 0 && local(before) ||
		to < len(text) && (word(after) || after == '-' || after == '.' && to+size < len(text) && word(next))
}
