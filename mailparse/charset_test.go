package mailparse

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	xunicode "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

func TestBytesWithoutLabelAreReadAsTheTextTheyMake(t *testing.T) {
	for _, c := range []struct {
		enc  encoding.Encoding
		text string
	}{
		{charmap.Windows1252, "Point of Contact: Chef d’équipe"},
		{charmap.Windows1252, "Prochaine étape : réunion à Orléans"},
		{charmap.Windows1252, "Nächster Schritt: Rückruf für Köln – größte Anlage"},
		{charmap.Windows1252, "Próximo passo: ligação à São João não até amanhã"},
		{charmap.Windows1252, "Maßstab öffnen"},
		{charmap.Windows1252, "“urgent” £20"},
		{charmap.Windows1251, "Additional Comments: Бухгалтерия стоит второй день"},
		{charmap.Windows1251, "Point of Contact: Иван"},
		{charmap.Windows1251, "Номер обращения: 123\nСледующий шаг: позвоните нам"},
		{charmap.KOI8R, "Additional Comments: Бухгалтерия стоит второй день"},
		{charmap.KOI8R, "Point of Contact: Иван"},
		{simplifiedchinese.GB18030, "Point of Contact: 值班经理"},
		{simplifiedchinese.GB18030, "Additional Comments: 生产线已经停了三个小时，请尽快联系我们"},
		{simplifiedchinese.GB18030, "案例编号：123\n下一步：请回电"},
		{traditionalchinese.Big5, "Additional Comments: 生產線已經停了三個小時，請盡快聯絡我們"},
		{traditionalchinese.Big5, "Point of Contact: 值班經理"},
		{korean.EUCKR, "Additional Comments: 생산 라인이 세 시간 동안 멈춰 있습니다"},
		{korean.EUCKR, "Point of Contact: 담당자 연락처 확인"},
		{japanese.ShiftJIS, "Additional Comments: 生産ラインが三時間止まっています"},
		{japanese.EUCJP, "Additional Comments: 生産ラインが三時間止まっています"},
	} {
		b, err := c.enc.NewEncoder().Bytes([]byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		if got := decodeText(b, "", false); got != c.text {
			t.Errorf("%v: got %q, want %q", c.enc, got, c.text)
		}
	}
}

func TestSingleByteTextThatHappensToBeUTF8KeepsItsCharset(t *testing.T) {
	text := "étape\nChef d’équipe\nÀ l’arrêt"
	b, err := charmap.Macintosh.NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := decodeText(b, "macintosh", false); got != text {
		t.Errorf("got %q, want %q", got, text)
	}
	mixed := "caf\xe9 ferm\xe9\nLa réunion est à midi\n"
	if got, want := decodeText([]byte(mixed), "iso-8859-1", false), "café fermé\nLa réunion est à midi\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// alphabet is a text of the letters that an encoding has beside ASCII's.
func alphabet(enc encoding.Encoding) string {
	var sb strings.Builder
	for b := 0x80; b < 0x100; b++ {
		if r := []rune(decodeWith(enc, []byte{byte(b)})); len(r) == 1 && unicode.IsLetter(r[0]) {
			sb.WriteRune(r[0])
			if b%7 == 0 {
				sb.WriteByte(' ')
			}
		}
	}
	return strings.TrimSpace(sb.String())
}

func TestEveryCharsetIsReadByItsNames(t *testing.T) {
	texts := map[encoding.Encoding]string{japanese.ISO2022JP: "停電です", simplifiedchinese.HZGB2312: "生产线停了"}
	for _, enc := range charmap.All {
		texts[enc] = alphabet(enc)
	}
	for _, enc := range []encoding.Encoding{japanese.EUCJP, japanese.ShiftJIS} {
		texts[enc] = "生産ラインが三時間止まっています"
	}
	for _, enc := range simplifiedchinese.All[:2] {
		texts[enc] = "生产线已经停了三个小时"
	}
	texts[korean.EUCKR] = "생산 라인이 멈춰 있습니다"
	texts[traditionalchinese.Big5] = "生產線已經停了三個小時"
	for _, enc := range append(xunicode.All, utf32.All...) {
		texts[enc] = "Tiếng Việt: không chạy, ключ, 停電"
	}
	for enc, text := range texts {
		if text == "" {
			continue // no letters beside ASCII's
		}
		b, err := enc.NewEncoder().Bytes([]byte(text))
		if err != nil {
			t.Fatalf("%v: %v", enc, err)
		}
		names := []string{fmt.Sprint(enc)}
		for _, index := range []*ianaindex.Index{ianaindex.MIME, ianaindex.IANA} {
			if name, err := index.Name(enc); err == nil {
				names = append(names, name, strings.ToLower(name), strings.ReplaceAll(name, "-", "_"))
			}
		}
		for _, name := range names {
			if got := decodeText(b, name, false); got != text {
				t.Errorf("%v as %q: got %q, want %q", enc, name, got, text)
			}
		}
	}
}

func TestCharsetIsKnownByTheNamesThatProgramsUse(t *testing.T) {
	for enc, names := range map[encoding.Encoding][]string{
		charmap.ISO8859_2: {"ISO_8859-2:1987", "latin2", "l2", "8859-2", "iso8859_2", "x-iso-8859-2", "cp28592"}, charmap.ISO8859_3: {"ISO_8859-3:1988", "latin3"}, charmap.ISO8859_4: {"latin4"}, charmap.ISO8859_5: {"ISO_8859-5:1988", "8859-5", "iso88595"},
		charmap.ISO8859_6: {"ISO_8859-6:1987"}, charmap.ISO8859_7: {"ISO_8859-7:1987"}, charmap.ISO8859_8: {"ISO_8859-8:1988", "iso-8859-8-i", "iso8859-8e"}, charmap.ISO8859_9: {"ISO_8859-9:1989", "latin5"},
		charmap.ISO8859_10: {"latin6"}, charmap.ISO8859_13: {"latin7", "latin-7"}, charmap.ISO8859_14: {"latin8"}, charmap.ISO8859_15: {"latin9", "latin-9", "iso885915"}, charmap.ISO8859_16: {"latin10"},
		charmap.Windows1250: {"ms-ee", "win-1250", "cp1250", "x-cp1250", "Windows1250"}, charmap.Windows1251: {"ms-cyrl", "win1251", "CP-1251"}, charmap.Windows1252: {"ms-ansi"}, charmap.Windows1253: {"ms-greek"}, charmap.Windows1254: {"win-1254", "ms-turk"}, charmap.Windows1255: {"ms-hebr"},
		charmap.Windows1256: {"ms-arab"}, charmap.Windows1257: {"winbaltrim", "cp1257"}, charmap.Windows1258: {"cp1258"}, charmap.Windows874: {"cp874", "dos-874"}, charmap.CodePage866: {"x-cp866", "dos-866", "ibm866", "cp866"}, charmap.CodePage852: {"dos852", "cp852", "pc-852"}, charmap.CodePage858: {"cp858"},
		charmap.KOI8R: {"cp20866", "koi8"}, charmap.MacintoshCyrillic: {"Macintosh Cyrillic", "x-mac-cyrillic", "maccyrillic", "x-mac-ukrainian"}, charmap.Macintosh: {"x-mac-roman", "mac"},
	} {
		text := alphabet(enc)
		b, err := enc.NewEncoder().Bytes([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if got := decodeText(b, name, false); got != text {
				t.Errorf("%v as %q: got %q, want %q", enc, name, got, text)
			}
		}
	}
}

func TestWideTextIsReadWhateverItsLabel(t *testing.T) {
	const text = "Case Number: 01234567\nGhi chú: Tiếng Việt, 停電, 🚨\n"
	for _, enc := range append(xunicode.All[1:], utf32.All...) {
		b, err := enc.NewEncoder().Bytes([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, label := range []string{"utf-32", "UTF32", "ucs-4", "utf-16", "utf-32le", "utf-32be", "utf-8", "us-ascii", ""} {
			if got := decodeText(b, label, false); got != text {
				t.Errorf("%v as %q: got %q", enc, label, got)
			}
		}
	}
	for _, label := range []string{"utf-32", "utf-32be", "utf-16"} {
		if got := decodeText([]byte(text), label, false); got != text {
			t.Errorf("UTF-8 as %q: got %q", label, got)
		}
	}
}
