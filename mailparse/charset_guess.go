package mailparse

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// guessed are the charsets that mails without a label, or with a false one,
// are written in, the likeliest first.
var guessed = []string{"windows-1252", "windows-1251", "koi8-r", "gb18030", "euc-kr", "big5", "shift_jis", "euc-jp"}

// guessCharset finds the charset whose reading looks most like text. It is
// empty where none is clearly better than windows-1252.
func guessCharset(b []byte) string {
	head := clip(b, 4096)
	if len(head) < len(b) {
		for n := 0; n < 4 && len(head) > 0 && head[len(head)-1] >= 0x80; n++ {
			head = head[:len(head)-1]
		}
	}
	best, name := 0, ""
	for _, candidate := range guessed {
		score := plausibility(decodeWith(encodingOf(candidate), head))
		if candidate == "windows-1252" {
			best = max(score, 0)
		} else if score > best {
			best, name = score, candidate
		}
	}
	return name
}

// plausibility says how much a decoded text looks like one, per thousand
// characters beyond ASCII; below zero it is none.
func plausibility(s string) int {
	points, beyond := 0, 0
	var prev, prev2 rune
	for _, r := range s {
		if r >= utf8.RuneSelf {
			beyond++
			points += points1(r) + pointsAfter(r, prev, prev2)
		} else if unicode.IsLetter(r) && prev >= utf8.RuneSelf && unicode.IsLetter(prev) && !unicode.Is(unicode.Latin, prev) {
			points-- // "ж" before "a" in one word
		}
		prev2, prev = prev, r
	}
	if beyond == 0 {
		return 0
	}
	return points * 1000 / beyond
}

// points1 weighs a character by itself.
func points1(r rune) int {
	switch {
	case r == utf8.RuneError, r < 0xa0, r >= 0xe000 && r <= 0xf8ff:
		return -20
	case everyday[r]:
		return 6
	case r >= 0x3041 && r <= 0x30fe:
		return 3
	case r >= 0xff61 && r <= 0xff9f: // half-width kana, where no mail writes it
		return -4
	case r >= 0xac00 && r <= 0xd7a3, r >= 0x4e00 && r <= 0x9fff:
		return 1
	case strings.ContainsRune("’‘“”„«»–—…€£°§•·、。，！？：；（）「」『』【】《》　№", r):
		return 1
	case unicode.Is(unicode.Cyrillic, r):
		if r >= 0x410 && r <= 0x44f || r == 'ё' || r == 'Ё' {
			return 1
		}
		return -3 // letters that only the neighbours' alphabets have
	case unicode.Is(unicode.Latin, r):
		return 2
	}
	return -2
}

// pointsAfter weighs a character by the one in front of it.
func pointsAfter(r, prev, prev2 rune) int {
	if !unicode.IsLetter(r) {
		if unicode.IsLetter(prev) && unicode.In(r, unicode.So, unicode.Sc, unicode.Sk, unicode.No) {
			return -3 // "Ã©"
		}
		return 0
	}
	switch {
	case unicode.Is(unicode.Cyrillic, r) && unicode.Is(unicode.Cyrillic, prev):
		if unicode.IsUpper(r) && unicode.IsLower(prev) {
			return -5 // the cases changed over: the other Cyrillic charset
		}
		if unicode.IsLower(r) {
			return 3
		}
		return 1
	case unicode.Is(unicode.Latin, r):
		if unicode.IsUpper(r) && unicode.IsLower(prev) {
			return -5
		}
		if prev >= utf8.RuneSelf && unicode.IsLetter(prev) && prev2 >= utf8.RuneSelf {
			return -4 // no language has three accented letters in a row
		}
	case prev < utf8.RuneSelf && unicode.IsLetter(prev) && !wide(r):
		return -5 // scripts mixed within a word
	}
	return 0
}

func wide(r rune) bool { return r >= 0x3000 && r <= 0xd7a3 }

// everyday are the commonest characters of Chinese, in both of its scripts,
// and the commonest syllables of Korean: what a false reading seldom hits.
var everyday = func() map[rune]bool {
	set := map[rune]bool{}
	for _, r := range "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心本前开但因只从想日无它与长把机十第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应向头文体政美相见被利什二等产新制身果加西特代内信表化次度门先海通原立及比员解水入口系气题更别电数安报结反受目太量再感建务做接必件计期市直德资命金统区保至形社便决治设路记品住告请求据程北张该交规万术共确传据服切院识争运急联络客户停机线故障系统备网络师经理值班室" +
		"這個們來為國時會對過發後裡種經麼學現當沒動還進開無與長機關業將兩間問應頭體見產內門員題電報結務計資統區決設記請該規術確傳識運聯絡戶線障備網師經處您貴司" +
		"이다는의에을를하가고은지로기사한도자서리어인대시아그나해일부정수보게있니습입전화주세요요청연락처담당조치확원점검중단장비" {
		set[r] = true
	}
	return set
}()
