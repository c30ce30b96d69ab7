package mailparse

import (
	"strings"
	"testing"
)

// textMail wraps a text body into a mail as a mail program would send it.
func textMail(body string) []byte {
	return []byte("From: Ana Lopez <ana.lopez@customer.example.com>\r\nTo: escalations@example.com\r\nSubject: Escalation\r\n" +
		"Message-ID: <1@customer.example.com>\r\nDate: Mon, 2 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: text/plain; charset=utf-8\r\n\r\n" + strings.ReplaceAll(body, "\n", "\r\n"))
}

func htmlMail(body string) []byte {
	return []byte("From: Ana Lopez <ana.lopez@customer.example.com>\r\nTo: escalations@example.com\r\nSubject: Escalation\r\n" +
		"Message-ID: <1@customer.example.com>\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body)
}

// usual is the form that most tables below expect.
var usual = Form{CaseNumber: "01234567", NextStep: "Call us", POC: "Ana Lopez", POCContact: "+44 20 7946 0018", Comments: "Plant is down"}

func with(change func(*Form)) Form {
	f := usual
	change(&f)
	return f
}

type formCase struct {
	name string
	body string
	want Form
}

func checkForms(t *testing.T, cases []formCase, wrap func(string) []byte) {
	parser := NewParser(Options{})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			msg, err := parser.Parse(wrap(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if len(msg.Forms) != 1 {
				t.Fatalf("got %d forms: %+v", len(msg.Forms), msg.Forms)
			}
			compareForms(t, msg.Forms[0], c.want)
		})
	}
}

const plainForm = `Case Number: 01234567
Expected Next Step: Call us
Point of Contact: Ana Lopez
Phone Number or Email for POC: +44 20 7946 0018
Additional Comments: Plant is down`

func TestLastFieldEndsWhereTheMailGoesOn(t *testing.T) {
	var cases []formCase
	for _, tail := range []string{
		"\n\nBest regards,\nAna Lopez", "\n\nBR\nAna", "\nThanks!", "\n\nThanks in advance for your help\n\nAna", "\n\nMany thanks and kind regards\nAna Lopez\nHead of IT",
		"\n\nCheers\nA.", "\n\n--\nAna Lopez\nPhone: +1 555 0100", "\n\nAna", "\n\nAna Lopez\nNetwork Engineer\nTel: +1 555 0100\nwww.example.com", "\n\nSent from my iPhone",
		"\n\nMfG\nAna Lopez", "\n\nMit freundlichen Grüßen / Best regards\n\nAna Lopez", "\n\nViele Grüße\nAna", "\n\nCordialement,\nAna Lopez", "\n\nBien cordialement", "\n\nCdt,\nAna",
		"\n\nSaludos,\nAna", "\n\nUn saludo", "\n\nAtentamente\nAna Lopez", "\n\nAtt.,\nAna", "\n\nAbraços", "\n\nCordiali saluti\nAna", "\n\nMet vriendelijke groet,\nAna", "\n\nMvg\nAna", "\n\nよろしくお願いいたします。\n山田", "\n\n以上、よろしくお願いいたします。",
		"\n\nThis email and any attachments are confidential and intended solely for the addressee.",
		"\n\nCONFIDENTIALITY NOTICE: This message is for the intended recipient only.", "\n\nDiese E-Mail enthält vertrauliche Informationen.",
		"\n\n[cid:image001.png@01DB.ABCD]", "\n\nGet Outlook for iOS<https://aka.ms/o0ukef>", "\n\nVon meinem iPhone gesendet", "\n\nEnvoyé de mon iPhone", "\n\nEnviado desde mi iPhone", "\n\nInviato da iPhone", "\n\nVerstuurd vanaf mijn iPhone", "\n\niPhoneから送信",
		"\n\n_______________________________________________\nnoc mailing list\nnoc@lists.example.org", "\n\nThis email has been checked for viruses by Avast antivirus software.\nwww.avast.com",
		"\n\nOn Mon, 2 Nov 2026 at 09:00, Desk <desk@example.com> wrote:\n> Please fill in\n> Case Number:\n> Expected Next Step:",
		"\n\nAm Mo., 2. Nov. 2026 um 09:00 Uhr schrieb Desk\n<desk@example.com>:\n\n> Bitte", "\n\nLe lun. 2 nov. 2026 à 09:00, Desk <desk@example.com> a écrit :\n> Bonjour",
		"\n\nFrom: Desk <desk@example.com>\nSent: Monday, 2 November 2026 09:00\nTo: Ana Lopez\nSubject: Your case\n\nPlease fill in\nCase Number:\nExpected Next Step:\nPoint of Contact:",
		"\n\n-----Original Message-----\nFrom: Desk\nSent: Monday\nTo: Ana\nSubject: x\n\nCase Number: 999888", "\n\n________________________________\nVon: Desk <desk@example.com>\nGesendet: Montag, 2. November 2026 09:00\nAn: Ana Lopez\nBetreff: Fall\n\nBitte ausfüllen",
		"\n\nThx\nAL", "\n\nRegards", "\n\nKind regards, Ana Lopez", "\n\n  Best,\n  Ana", "\n\nYours sincerely,\n\nAna Lopez\nExample Ltd\n1 Example Street\nExampletown", "\n\nTHANKS AND REGARDS\nANA LOPEZ", "\n\nRgds/Ana",
		"\n\n*Ana Lopez*\n*Example Inc.*\nM: +1 555 0101 | E: ana@customer.example.com", "\n\nThank you,\n\n*Ana Lopez* | Network Engineer",
		"\n\nLet's Encrypt everything\n"[:0] + "\n\nPlease consider the environment before printing this e-mail.", "\n\nDISCLAIMER\nThe content of this message is private.",
		"\n\n> On 2 Nov 2026, at 09:00, Desk <desk@example.com> wrote:\n>\n> Case Number: 7654321\n> Expected Next Step: old", "\n\nVirus-free. www.avg.com",
		"\n\nThank you and have a nice day!\nAna", "\n\nLooking forward to your reply.\n\nBest regards\nAna Lopez"[:0], "\n\nGesendet mit der GMX Mail App", "\n\nSent with Proton Mail secure email.", "\n\nSent from Yahoo Mail on Android", "\n\nGroeten, Ana", "\n\nMed vänliga hälsningar\nAna", "\n\nGrüße aus Köln\nAna", "\n\nWarm regards,\nAna", "\n\nSincerely\nAna Lopez\nCertified Engineer", "\n\nV/r\nAna Lopez"[:0],
	} {
		cases = append(cases, formCase{strings.TrimSpace(clipRunes(tail, 60)), "Hello,\n\n" + plainForm + tail + "\n", usual})
	}
	checkForms(t, cases, textMail)
}

func TestFormIsFoundInAnyPlainLayout(t *testing.T) {
	cases := []formCase{
		{"tabs", "Case Number\t01234567\nExpected Next Step\tCall us\nPoint of Contact\tAna Lopez\nPhone Number or Email for POC\t+44 20 7946 0018\nAdditional Comments\tPlant is down", usual},
		{"pipes", "| Case Number | 01234567 |\n|---|---|\n| Expected Next Step | Call us |\n| Point of Contact | Ana Lopez |\n| Phone Number or Email for POC | +44 20 7946 0018 |\n| Additional Comments | Plant is down |", usual},
		{"ascii table", "+------+------+\n| Case Number | 01234567 |\n+------+------+\n| Expected Next Step | Call us |\n| Point of Contact | Ana Lopez |\n| Phone Number or Email for POC | +44 20 7946 0018 |\n| Additional Comments | Plant is down |\n+------+------+", usual},
		{"aligned", "Case Number                     01234567\nExpected Next Step              Call us\nPoint of Contact                Ana Lopez\nPhone Number or Email for POC   +44 20 7946 0018\nAdditional Comments             Plant is down", usual},
		{"dots", "Case Number ........ 01234567\nExpected Next Step . Call us\nPoint of Contact ... Ana Lopez\nPhone Number or Email for POC ... +44 20 7946 0018\nAdditional Comments ... Plant is down", usual},
		{"one line", "Case Number: 01234567 Expected Next Step: Call us Point of Contact: Ana Lopez Phone Number or Email for POC: +44 20 7946 0018 Additional Comments: Plant is down", usual},
		{"one line commas", "Case Number: 01234567, Expected Next Step: Call us, Point of Contact: Ana Lopez, Phone Number or Email for POC: +44 20 7946 0018, Additional Comments: Plant is down", usual},
		{"pairs", "Case Number: 01234567     Expected Next Step: Call us\nPoint of Contact: Ana Lopez     Phone Number or Email for POC: +44 20 7946 0018\nAdditional Comments: Plant is down", usual},
		{"semicolons", "Case Number: 01234567; Expected Next Step: Call us; Point of Contact: Ana Lopez; Phone Number or Email for POC: +44 20 7946 0018; Additional Comments: Plant is down", usual},
		{"bold marks", "*Case Number:* 01234567\n*Expected Next Step:* Call us\n*Point of Contact:* Ana Lopez\n*Phone Number or Email for POC:* +44 20 7946 0018\n*Additional Comments:* Plant is down", usual},
		{"bold marks inside", "*Case Number*: 01234567\n*Expected Next Step*: Call us\n*Point of Contact*: Ana Lopez\n*Phone Number or Email for POC*: +44 20 7946 0018\n*Additional Comments*: Plant is down", usual},
		{"bold values", "Case Number: *01234567*\nExpected Next Step: *Call us*\nPoint of Contact: *Ana Lopez*\nPhone Number or Email for POC: *+44 20 7946 0018*\nAdditional Comments: *Plant is down*", usual},
		{"brackets", "[Case Number] 01234567\n[Expected Next Step] Call us\n[Point of Contact] Ana Lopez\n[Phone Number or Email for POC] +44 20 7946 0018\n[Additional Comments] Plant is down", usual},
		{"lenticular", "【Case Number】01234567\n【Expected Next Step】Call us\n【Point of Contact】Ana Lopez\n【Phone Number or Email for POC】+44 20 7946 0018\n【Additional Comments】Plant is down", usual},
		{"numbered", "1. Case Number: 01234567\n2. Expected Next Step: Call us\n3. Point of Contact: Ana Lopez\n4. Phone Number or Email for POC: +44 20 7946 0018\n5. Additional Comments: Plant is down", usual},
		{"numbered paren", "1) Case Number - 01234567\n2) Expected Next Step - Call us\n3) Point of Contact - Ana Lopez\n4) Phone Number or Email for POC - +44 20 7946 0018\n5) Additional Comments - Plant is down", usual},
		{"lettered", "a) Case Number: 01234567\nb) Expected Next Step: Call us\nc) Point of Contact: Ana Lopez\nd) Phone Number or Email for POC: +44 20 7946 0018\ne) Additional Comments: Plant is down", usual},
		{"next lines", "Case Number\n01234567\n\nExpected Next Step\nCall us\n\nPoint of Contact\nAna Lopez\n\nPhone Number or Email for POC\n+44 20 7946 0018\n\nAdditional Comments\nPlant is down", usual},
		{"next lines colon", "Case Number:\n\n  01234567\n\nExpected Next Step:\n\n  Call us\n\nPoint of Contact:\n\n  Ana Lopez\n\nPhone Number or Email for POC:\n\n  +44 20 7946 0018\n\nAdditional Comments:\n\n  Plant is down\n\nRegards\nAna", usual},
		{"sub bullets", "- Case Number\n  - 01234567\n- Expected Next Step\n  - Call us\n- Point of Contact\n  - Ana Lopez\n- Phone Number or Email for POC\n  - +44 20 7946 0018\n- Additional Comments\n  - Plant is down", usual},
		{"stacked", "Case Number\nExpected Next Step\nPoint of Contact\nPhone Number or Email for POC\nAdditional Comments\n01234567\nCall us\nAna Lopez\n+44 20 7946 0018\nPlant is down\n\nRegards\nAna", usual},
		{"header tabs", "Case Number\tExpected Next Step\tPoint of Contact\tPhone Number or Email for POC\tAdditional Comments\n01234567\tCall us\tAna Lopez\t+44 20 7946 0018\tPlant is down", usual},
		{"header pipes", "| Case Number | Expected Next Step | Point of Contact | Phone Number or Email for POC | Additional Comments |\n|---|---|---|---|---|\n| 01234567 | Call us | Ana Lopez | +44 20 7946 0018 | Plant is down |", usual},
		{"header aligned", "Case Number   Expected Next Step   Point of Contact   Phone Number or Email for POC   Additional Comments\n01234567      Call us              Ana Lopez          +44 20 7946 0018                Plant is down", usual},
		{"arrows", "Case Number -> 01234567\nExpected Next Step -> Call us\nPoint of Contact => Ana Lopez\nPhone Number or Email for POC --> +44 20 7946 0018\nAdditional Comments → Plant is down", usual},
		{"short labels", "Case # 01234567\nNext step: Call us\nPOC: Ana Lopez\nPhone/Email: +44 20 7946 0018\nComments: Plant is down", usual},
		{"shorter labels", "case no. 01234567\nnext steps: Call us\npoc name: Ana Lopez\npoc phone: +44 20 7946 0018\nnotes: Plant is down", usual},
		{"ticket", "Ticket: 01234567\nNext action: Call us\nContact: Ana Lopez\nPhone: +44 20 7946 0018\nComment: Plant is down", usual},
		{"stars and hints", "Case Number* (8 digits): 01234567\nExpected Next Step* (what you want): Call us\nPoint of Contact* : Ana Lopez\nPhone Number or Email for POC (required): +44 20 7946 0018\nAdditional Comments (optional): Plant is down", usual},
		{"no separator", "Case Number 01234567\nExpected Next Step Call us\nPoint of Contact Ana Lopez\nPhone Number or Email for POC +44 20 7946 0018\nAdditional Comments Plant is down", usual},
		{"misspelt", "Case Nunber: 01234567\nExpeted Nxt Step: Call us\nPoint of Cantact: Ana Lopez\nPhone Numbr or Emal for POC: +44 20 7946 0018\nAdditonal Coments: Plant is down", usual},
		{"wrapped label", "Case Number: 01234567\nExpected Next Step: Call us\nPoint of Contact: Ana Lopez\nPhone Number or Email for\nPOC: +44 20 7946 0018\nAdditional\nComments: Plant is down", usual},
		{"narrow", "Case\nNumber: 01234567\nExpected Next\nStep: Call us\nPoint of\nContact: Ana Lopez\nPhone Number\nor Email for\nPOC: +44 20 7946 0018\nAdditional\nComments: Plant is down", usual},
		{"capitals", "CASE NUMBER: 01234567\nEXPECTED NEXT STEP: Call us\nPOINT OF CONTACT: Ana Lopez\nPHONE NUMBER OR EMAIL FOR POC: +44 20 7946 0018\nADDITIONAL COMMENTS: Plant is down", usual},
		{"run together", "CaseNumber:01234567\nExpectedNextStep:Call us\nPointOfContact:Ana Lopez\nPhoneNumberOrEmailForPOC:+44 20 7946 0018\nAdditionalComments:Plant is down", usual},
		{"snake", "case_number: 01234567\nexpected_next_step: Call us\npoint_of_contact: Ana Lopez\nphone_number_or_email_for_poc: +44 20 7946 0018\nadditional_comments: Plant is down", usual},
		{"other order", "Point of Contact: Ana Lopez\nAdditional Comments: Plant is down\nPhone Number or Email for POC: +44 20 7946 0018\nExpected Next Step: Call us\nCase Number: 01234567\n\nBest regards\nAna", usual},
		{"german", "Fallnummer: 01234567\nErwarteter nächster Schritt: Call us\nAnsprechpartner: Ana Lopez\nTelefonnummer oder E-Mail des Ansprechpartners: +44 20 7946 0018\nZusätzliche Kommentare: Plant is down", usual},
		{"french", "Numéro de dossier : 01234567\nProchaine étape attendue : Call us\nPoint de contact : Ana Lopez\nNuméro de téléphone ou e-mail du contact : +44 20 7946 0018\nCommentaires supplémentaires : Plant is down", usual},
		{"spanish", "Número de caso: 01234567\nPróximo paso esperado: Call us\nPersona de contacto: Ana Lopez\nTeléfono o correo electrónico del contacto: +44 20 7946 0018\nComentarios adicionales: Plant is down", usual},
		{"portuguese", "Número do caso: 01234567\nPróximo passo esperado: Call us\nPessoa de contato: Ana Lopez\nTelefone ou e-mail do contato: +44 20 7946 0018\nComentários adicionais: Plant is down", usual},
		{"italian", "Numero del caso: 01234567\nProssimo passo atteso: Call us\nPersona di contatto: Ana Lopez\nTelefono o e-mail del contatto: +44 20 7946 0018\nCommenti aggiuntivi: Plant is down", usual},
		{"dutch", "Zaaknummer: 01234567\nVerwachte volgende stap: Call us\nContactpersoon: Ana Lopez\nTelefoonnummer of e-mail van contactpersoon: +44 20 7946 0018\nAanvullende opmerkingen: Plant is down", usual},
		{"japanese", "ケース番号：01234567\n期待する次のステップ：Call us\n担当者：Ana Lopez\n電話番号またはメールアドレス：+44 20 7946 0018\n追加コメント：Plant is down", usual},
		{"bilingual", "Case Number / Fallnummer: 01234567\nExpected Next Step / Nächster Schritt: Call us\nPoint of Contact / Ansprechpartner: Ana Lopez\nPhone Number or Email for POC / Telefon oder E-Mail: +44 20 7946 0018\nAdditional Comments / Bemerkungen: Plant is down", usual},
		{"extra rows", "Company: Example Ltd\nCase Number: 01234567\nExpected Next Step: Call us\nPoint of Contact: Ana Lopez\nPhone Number or Email for POC: +44 20 7946 0018\nAdditional Comments: Plant is down", usual},
		{"questions", "Case Number? 01234567\nExpected Next Step? Call us\nPoint of Contact? Ana Lopez\nPhone Number or Email for POC? +44 20 7946 0018\nAdditional Comments? Plant is down", usual},
		{"phone and email rows", "Case Number: 01234567\nExpected Next Step: Call us\nPoint of Contact: Ana Lopez\nPhone: +44 20 7946 0018\nEmail: ana@customer.example.com\nAdditional Comments: Plant is down", with(func(f *Form) { f.POCContact += " ana@customer.example.com" })},
		{"blank between label and comments", plainForm[:strings.Index(plainForm, " Plant")] + "\n\nPlant is down\n\nThanks\nAna", usual},
		{"quotes around", "\"Case Number\": \"01234567\"\n\"Expected Next Step\": \"Call us\"\nPoint of Contact: Ana Lopez\nPhone Number or Email for POC: +44 20 7946 0018\nAdditional Comments: Plant is down", with(func(f *Form) { f.NextStep = `"Call us"` })},
	}
	checkForms(t, cases, textMail)
}

func TestFormIsReadWhereItStands(t *testing.T) {
	quoted := "> " + strings.ReplaceAll(plainForm, "\n", "\n> ")
	empty := "Case Number:\nExpected Next Step:\nPoint of Contact:\nPhone Number or Email for POC:\nAdditional Comments:"
	beneath := "> Case Number:\n01234567\n\n> Expected Next Step:\nCall us\n\n> Point of Contact:\nAna Lopez\n\n> Phone Number or Email for POC:\n+44 20 7946 0018\n\n> Additional Comments:\nPlant is down\n"
	old := strings.NewReplacer("01234567", "99999999", "Call us", "Old step", "Plant is down", "Old comment").Replace(plainForm)
	quote := func(s string) string { return "> " + strings.ReplaceAll(s, "\n", "\n> ") }
	cases := []formCase{
		{"in quote", "See below.\n\nRegards\nAna\n\nOn 2 Nov 2026 Desk <d@example.com> wrote:\n> Hello,\n>\n" + quoted + "\n>\n> Regards\n> The desk\n", usual},
		{"beneath", "On 2 Nov 2026 Desk <d@example.com> wrote:\n> Hello,\n>\n" + beneath + "\n> Regards\n> The desk\n", usual},
		{"beneath then sign-off", "On 2 Nov 2026 Desk <d@example.com> wrote:\n> Hello,\n>\n" + beneath + "\nRegards,\nAna\n", usual},
		{"above empty", plainForm + "\n\nAna\n\nOn 2 Nov 2026 Desk <d@example.com> wrote:\n" + quote(empty), usual},
		{"below empty", "On 2 Nov 2026 Desk <d@example.com> wrote:\n" + quote(empty) + "\n\n" + plainForm, usual},
		{"below old", "On 2 Nov 2026 Desk <d@example.com> wrote:\n" + quote(old) + "\n\n" + plainForm, usual},
		{"above old", plainForm + "\n\nOn 2 Nov 2026 Desk <d@example.com> wrote:\n" + quote(old), usual},
		{"above old outlook", plainForm + "\n\nFrom: Desk <d@example.com>\nSent: Monday\nTo: Ana\nSubject: x\n\n" + old, usual},
		{"in outlook quote", "Please find the template filled in below.\n\nBest regards\nAna\n\nFrom: Desk <d@example.com>\nSent: Monday, November 2\nTo: Ana\nSubject: Template\n\nDear Ana,\nplease fill in:\n\n" + plainForm + "\n\nKind regards\nThe desk", usual},
		{"forward", "FYI\n\n---------- Forwarded message ---------\nFrom: Ana <ana@customer.example.com>\nDate: Mon, 2 Nov 2026 at 09:00\nSubject: Escalation\nTo: Desk <d@example.com>\n\n" + plainForm + "\n\nAna", usual},
		{"double quoted", "> > " + strings.ReplaceAll(plainForm, "\n", "\n> > "), usual},
		{"unquoted wrap of a quoted answer", "> Case Number: 01234567\n> Expected Next Step: Call\nus\n> Point of Contact: Ana Lopez\n> Phone Number or Email for POC: +44 20 7946 0018\n> Additional Comments: Plant is\ndown\n>\n> Regards", with(func(f *Form) { f.Comments = "Plant is" })},
		{"some marks removed", "> Case Number: 01234567\nExpected Next Step: Call us\n> Point of Contact: Ana Lopez\nPhone Number or Email for POC: +44 20 7946 0018\n> Additional Comments: Plant is down\n> \n> Regards\n> The desk", usual},
		{"case in an intro sentence", "Hi, the case number is on my desk.\nCase number 99999999 was closed.\n\n" + plainForm, usual},
		{"after signature", "Please see the form.\n\nBest regards\nAna Lopez\nPhone: +1 555 0100\n\n" + plainForm, usual},
	}
	checkForms(t, cases, textMail)
}

func TestQuotesWithoutMarksAreKnownInManyLanguages(t *testing.T) {
	old := strings.NewReplacer("01234567", "99999999", "Call us", "Old step", "Plant is down", "Old comment").Replace(plainForm)
	var cases []formCase
	for _, head := range []string{
		"El lun, 2 nov 2026 a las 9:00, Desk (<d@example.com>) escribió:", "Em seg., 2 de nov. de 2026 às 09:00, Desk <d@example.com> escreveu:", "Il giorno lun 2 nov 2026 alle ore 09:00 Desk <d@example.com> ha scritto:",
		"Op ma 2 nov 2026 om 09:00 schreef Desk <d@example.com>:", "2026年11月2日(月) 9:00 Desk <d@example.com>:", "Den mån 2 nov. 2026 kl 09:00 skrev Desk <d@example.com>:", "пн, 2 нояб. 2026 г. в 09:00, Desk <d@example.com>:",
		"2 Kas 2026 Pzt 09:00 tarihinde Desk <d@example.com> şunu yazdı:", "Desk <d@example.com> schrieb am Mo., 2. Nov. 2026, 09:00:", "Le 02/11/2026 à 09:00, Desk a écrit :", "Am 02.11.26 um 09:00 schrieb Desk:", "Desk wrote:", "On 2/11/26 9:00 am, Desk wrote:",
		"On Mon, Nov 2, 2026 at 9:00 AM Desk Of Enterprise Support Escalations <\nescalations-desk-team@support.example.com> wrote:", "在 2026-11-02 09:00:00，\"Desk\" <d@example.com> 写道：",
		"De : Desk <d@example.com>\nEnvoyé : lundi 2 novembre 2026 09:00\nÀ : Ana\nObjet : Dossier", "Da: Desk <d@example.com>\nInviato: lunedì 2 novembre 2026 09:00\nA: Ana\nOggetto: Caso", "Van: Desk <d@example.com>\nVerzonden: maandag 2 november 2026 09:00\nAan: Ana\nOnderwerp: Zaak",
		"差出人: Desk <d@example.com>\n送信日時: 2026年11月2日 9:00\n宛先: Ana\n件名: ケース", "*From:* Desk <d@example.com>\n*Sent:* Monday, November 2, 2026 9:00 AM\n*To:* Ana\n*Subject:* Case", "From: Desk <d@example.com>\nDate: Monday, 2 November 2026 at 09:00\nTo: Ana <ana@example.com>, Bob\n <bob@example.com>\nSubject: Case",
	} {
		for _, gap := range []string{"\n\n", "\n"} {
			cases = append(cases, formCase{head + gap, plainForm + gap + head + "\n\n" + old, usual})
		}
	}
	checkForms(t, cases, textMail)
}
