package mailparse

import (
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
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
