package mailparse

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strings"

	"github.com/emersion/go-message/mail"
)

var (
	messageID   = regexp.MustCompile(`<([^<>\s]+)>`)
	bareID      = regexp.MustCompile(`^[^<>\s@]+@[^<>\s@]+$`)
	encodedWord = regexp.MustCompile(`=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=`)
	addrSpec    = regexp.MustCompile(`[^\s<>()@:;,"\[\]\\]+@[^\s<>()@:;,"\\]+`)
)

// ids reads the message identifiers of a field (RFC 5322 section 3.6.4).
// go-message's reader is quadratic on hostile input and refuses much of what
// is sent.
func ids(value string) []string {
	var found []string
	for _, m := range messageID.FindAllStringSubmatch(value, 200) {
		found = append(found, m[1])
	}
	if len(found) == 0 {
		if v := strings.Trim(strings.TrimSpace(value), "<>"); bareID.MatchString(v) {
			found = []string{v}
		}
	}
	return found
}

// decodeWords decodes encoded words (RFC 2047). Neighbours in one charset are
// joined before they are decoded, since programs cut characters in two.
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return cleanText(decodeText([]byte(s), "", false))
	}
	var sb strings.Builder
	var pending []byte
	var charset string
	flush := func() {
		sb.WriteString(decodeText(pending, charset, false))
		pending = nil
	}
	pos := 0
	for _, m := range encodedWord.FindAllStringSubmatchIndex(s, 2000) {
		between := s[pos:m[0]]
		name, _, _ := strings.Cut(s[m[2]:m[3]], "*")
		if strings.TrimSpace(between) != "" || pending == nil || !strings.EqualFold(name, charset) {
			flush()
			if strings.TrimSpace(between) != "" {
				sb.WriteString(decodeText([]byte(between), "", false))
			}
		}
		charset = name
		pending = append(pending, decodeWord(s[m[4]:m[5]], s[m[6]:m[7]])...)
		pos = m[1]
	}
	flush()
	sb.WriteString(decodeText([]byte(s[pos:]), "", false))
	return cleanText(sb.String())
}

func decodeWord(encoding, text string) []byte {
	if encoding == "q" || encoding == "Q" {
		return decodeQuotedPrintable([]byte(strings.ReplaceAll(text, "_", "=20")))
	}
	text = strings.TrimRight(strings.ReplaceAll(text, " ", ""), "=")
	b, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return decodeBase64([]byte(text), len(text))
	}
	return b
}

// oneLine is a decoded header value on one line.
func oneLine(value string) string {
	return strings.Join(strings.Fields(decodeWords(value)), " ")
}

// author finds the one author of a mail, or says why there is none.
func author(h header) (Address, string) {
	values := h.all("from")
	switch {
	case len(values) == 0 || strings.TrimSpace(values[0]) == "":
		return Address{}, "no From field"
	case len(values) > 1:
		return Address{}, "more than one From field"
	}
	value := values[0]
	if group.MatchString(unquoted(value)) {
		return Address{}, "a group in From"
	}
	var mh mail.Header
	mh.Add("From", value)
	list, err := mh.AddressList("From")
	if err == nil && len(list) > 1 {
		return Address{}, "more than one address in From"
	}
	if err == nil && len(list) == 1 {
		a := normalAddress(list[0].Address)
		if a == "" {
			return Address{}, "no usable address in From"
		}
		return Address{Name: oneLine(list[0].Name), Addr: a}, ""
	}
	return looseAuthor(value)
}

var group = regexp.MustCompile(`^[^<@]*:[^@]*(?:@.*)?;`)

// unquoted removes quoted strings and comments, which may hold anything.
func unquoted(s string) string {
	var sb strings.Builder
	quoted, depth := false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && (quoted || depth > 0):
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			sb.WriteByte(c)
		}
	}
	return sb.String()
}

// looseAuthor takes the one address out of a field that breaks the grammar.
func looseAuthor(value string) (Address, string) {
	plain := unquoted(value)
	found := map[string]bool{}
	last := ""
	if open := strings.LastIndexByte(plain, '<'); open >= 0 {
		for _, m := range strings.Split(plain, "<")[1:] {
			if a := normalAddress(addrSpec.FindString(m)); a != "" {
				found[a], last = true, a
			}
		}
	}
	if len(found) == 0 {
		for _, m := range addrSpec.FindAllString(plain, 10) {
			if a := normalAddress(m); a != "" {
				found[a], last = true, a
			}
		}
	}
	switch len(found) {
	case 0:
		return Address{}, "no usable address in From"
	case 1:
		name, _, _ := strings.Cut(value, "<")
		return Address{Name: oneLine(strings.Trim(name, ` "`)), Addr: last}, ""
	}
	return Address{}, "more than one address in From"
}

// normalAddress refuses what is no plain addr-spec (control bytes, blanks,
// quoted local parts) and lowers the domain.
func normalAddress(a string) string {
	a = strings.TrimRight(strings.TrimSpace(a), ".>")
	i := strings.LastIndexByte(a, '@')
	if i <= 0 || i == len(a)-1 || len(a) > 320 {
		return ""
	}
	for _, r := range a {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`<>()[]\",;:`, r) {
			return ""
		}
	}
	if strings.ContainsRune(a[:i], '@') {
		return ""
	}
	return a[:i+1] + strings.ToLower(a[i+1:])
}

// recipients collects every address the mail was sent to.
func recipients(h header, limit int) []string {
	var found []string
	seen := map[string]bool{}
	for _, f := range h {
		switch f.name {
		case "to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to":
		default:
			continue
		}
		for _, a := range addrSpec.FindAllString(unquoted(f.value), limit) {
			a = strings.ToLower(normalAddress(a))
			if a != "" && !seen[a] && len(found) < limit {
				seen[a] = true
				found = append(found, a)
			}
		}
	}
	return found
}

func returnPath(h header) string {
	if !h.has("return-path") {
		return ""
	}
	v := strings.TrimSpace(h.get("return-path"))
	if a := addrSpec.FindString(v); a != "" {
		return strings.ToLower(a)
	}
	if strings.Contains(v, "<>") || v == "" {
		return "<>"
	}
	return string(bytes.TrimSpace([]byte(strings.Trim(v, "<>"))))
}
