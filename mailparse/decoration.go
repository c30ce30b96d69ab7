package mailparse

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// decoration is what may stand in front of a label: bullets, numbers, marks.
// It returns the length to skip.
func decoration(s string) int {
	at := 0
	for range 6 {
		rest := s[at:]
		n := bullet(rest)
		if n == 0 {
			n = enumeration(rest)
		}
		if n == 0 && at == 0 && len(rest) > 3 && (rest[0] == 'Q' || rest[0] == 'q') && (rest[1] == ':' || rest[1] == '.') && rest[2] == ' ' {
			n = 3 // question and answer
		}
		if n == 0 {
			break
		}
		at += n
	}
	return at
}

func bullet(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	switch {
	case n == 0:
		return 0
	case r == ' ' || r == '\t':
		return n
	case r >= 0xf000 && r <= 0xf0ff: // Word's Symbol and Wingdings
		return n
	case strings.ContainsRune("-*+•·▪▫●○◦◆◇■□★☆►▶▸‣→➤➢✓✔☑☐✅❖※・–—_~`#\"'“”„«»‹›[(【「『〔《〈［（>|§¤◎▼▽△▲⁃∙⦁", r):
		return n
	case r >= 0x2460 && r <= 0x24ff, r >= 0x2776 && r <= 0x2793: // circled numbers
		return n
	case (r == 'o' || r == 'Ø' || r == 'ü' || r == 'v' || r == 'q' || r == 'l' || r == 'n') && len(s) > 2 && s[n] == ' ' && unicode.IsUpper(firstRune(strings.TrimLeft(s[n:], " "))):
		return n // bullets of Word in a lost symbol font
	case r >= 0x1f300 && r <= 0x1faff, r >= 0x2600 && r <= 0x27bf:
		return n
	}
	return 0
}

func firstRune(s string) rune { r, _ := utf8.DecodeRuneInString(s); return r }

// enumeration skips "1.", "2)", "(3)", "a)", "1 -", "１．", "一、".
func enumeration(s string) int {
	i := 0
	for i < len(s) && i < 2 && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i == 0 {
		if len(s) > 2 && (s[0]|32) >= 'a' && (s[0]|32) <= 'f' && (s[1] == ')' || (s[1] == '.' && s[2] == ' ')) {
			return 2
		}
		for j, r := range s {
			if strings.ContainsRune("０１２３４５６７８９一二三四五六七八九", r) && j < 7 {
				continue
			}
			if j > 0 && strings.ContainsRune("．.、）)：", r) {
				return j + utf8.RuneLen(r)
			}
			return 0
		}
		return 0
	}
	rest := s[i:]
	for _, mark := range []string{".)", ".", ")", "]", "、", "．", "）", "：", ":", " -", " –", " ", "/"} {
		if strings.HasPrefix(rest, mark) {
			return i + len(mark)
		}
	}
	return 0
}

// head is the first three letters of a folded key.
func head(key string) string { return clipRunes(key, 3) }

// mayBegin says quickly whether a label can begin here, misspellings aside.
func (set *labelSet) mayBegin(s string) bool {
	for range 3 {
		word, rest, plain := firstWord(s)
		switch {
		case !plain:
			return true
		case rest != "" && fillerFirst[string(word)]:
			s = rest
		case len(word) < 3:
			return len(word) > 0 || rest != ""
		default:
			return set.heads[string(word[:3])]
		}
	}
	return true
}

// firstWord folds the first word of s as labelWords does. plain is false where
// that takes more than ASCII.
func firstWord(s string) (word []byte, rest string, plain bool) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 0x80:
			return nil, "", false
		case c >= 'A' && c <= 'Z':
			word = append(word, c+'a'-'A')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			word = append(word, c)
		case len(word) > 0 && c != '-' && c != '\'':
			return word, s[i:], true
		}
		if len(word) > 8 {
			return word, s[i+1:], true // longer than every filler
		}
	}
	return word, "", true
}
