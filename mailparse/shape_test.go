package mailparse

import (
	"strings"
	"testing"
)

const answered = "Hello,\n\nCase Number: 01234567\nExpected Next Step: Replace the pump\nPoint of Contact: Shift lead\nPhone Number or Email for POC: noc@customer.example.org\nAdditional Comments: "

// commentsOf reads the comments of a form sent from a mailbox without a name.
func commentsOf(t *testing.T, comments string) string {
	t.Helper()
	raw := strings.Replace(string(textMail(answered+comments+"\n")), "Ana Lopez <ana.lopez@customer.example.com>", "ops@customer.example.com", 1)
	return strings.Join(strings.Fields(onlyForm(t, []byte(raw)).Comments), " ")
}

func TestSignatureIsKnownByItsShape(t *testing.T) {
	for _, tail := range []string{
		"\n\nMaria Example\nShift Supervisor\nExample Refinery", "\n\nDr. Maria Example, PMP\nHead of Operations", "\n\nM. Example | Night Shift Engineer | Example Power", "\n\nExample Offshore AS\nHarbour Street 1\n5003 Port\nNorway",
		"\n—Maria", "\n\n- Maria", "\n\n/Maria Example", "\nMaria", "\n\nShift lead", "\n\nIn anticipation,\nMaria", "\n\nYours in haste,\nMaria Example", "\n\nKind Regrads\nMaria", "\n\nUm grande abraço,\nMaria",
		"\n\n=====================\nMaria Example\nExample Offshore AS\n=====================", "\n\nサンプル株式会社\n運用部 山田太郎", "\n\nWe remain at your disposal for any clarification.\n\nMaria", "\n\nSi porgono distinti saluti.",
		"\n\nBest,\nMaria Example\nPlease note that I do not work on Mondays and Fridays\nT: +44 20 7946 0000\n\nWe were here before the river was straightened, and mean to stay.",
		"\n\nRegards\nMaria\n\nPS: The gate code is 4711, please ring first.", "\n\nThe sender accepts no liability for any damage caused by viruses transmitted by this email.", "\n\nExample Ltd is registered in England and Wales under number 01234567.", "\n\nFacebook | Twitter | www.example.com",
		"\n\nGet BlueMail for Android", "\n\nSent from Hotmail on a train", "\n\nref:!00D300a1bQ.!500Qx0aB1cD:ref", "\n\nOnly the comments may stay empty. Plain words will do.",
	} {
		if got := commentsOf(t, "The plant is down."+tail); got != "The plant is down." {
			t.Errorf("%q: got %q", tail, got)
		}
	}
}

func TestWhatOnlyLooksLikeASignatureIsKept(t *testing.T) {
	for _, comments := range []string{
		"Affected sites:\n\nHamburg\nBremen\nKiel", "See the log:\n\n12:01:03 pump[7]: pressure low\n12:01:09 pump[7]: stopped", "My manager says:\n\n\"We cannot wait any longer\"", "First the pump.\n\nThen the valve broke as well.",
		"Thanks to the night shift we got it half running.\nThanks for looking, but it fell over again at noon.", "All we get is this:\n\nThis message was created automatically by mail delivery software.\n\nPlease do mend it today.",
		"the log says:\n---\nqueue id: 4XQ11\n---\nand that is all we get.", "Please treat the attachment as confidential.",
		"PLANT IS DOWN.\n\nSEND HELP NOW", "Logs:\nhttps://logs.example.net/case/123", "please bring\n- Pump Housing\n- Main Gasket", "pump dead\n\nvalve dead", "Deliver to the back gate.\n\nExample Street 5, Gate B",
		"Dank Notstrom laufen die Lüfter.\n\nWann kommt Ihre Antwort auf unsere Frage von gestern?", "Warm standby failed.\n\nCold standby failed too.", "Sent from our lab on Monday: two boards.\n\nThey never arrived.",
	} {
		if got, want := commentsOf(t, comments), strings.Join(strings.Fields(comments), " "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSignatureElementIsBelieved(t *testing.T) {
	form := "<div>" + strings.ReplaceAll(answered+"The plant is down.", "\n", "</div><div>") + "</div>"
	for _, element := range []string{`<div class="gmail_signature">`, `<div id="Signature">`, `<div class="moz-signature">`, `<div class="protonmail_signature_block">`, `<br id="lineBreakAtBeginningOfSignature"><div>`} {
		got := onlyForm(t, htmlMail("<html><body>"+form+element+"We keep the lights on, whatever it takes, day or night.</div></body></html>"))
		if got.Comments != "The plant is down." {
			t.Errorf("%s: got %q", element, got.Comments)
		}
	}
}

func TestLabelIsASetOfWords(t *testing.T) {
	set := newLabelSet(nil)
	for text, want := range map[string]Field{
		"Erwarteter Next Step:": NextStep, "Prochaine étape souhaitée :": NextStep, "Phone / mail POC:": POCContact, "Tel./correo del interlocutor:": POCContact, "Coordonnées de l'interlocuteur :": POCContact,
		"Case Number / Fallnummer / Numéro de cas:": CaseNumber, "預期下一步 Expected Next Step:": NextStep, "案件编号 Case Number:": CaseNumber, "Personne-ressource / Point of Contact:": POC, "Ponto focal:": POC, "Any further remarks:": Comments,
	} {
		if h, ok := set.find(text+" x", false); !ok || h.field != want || (text + " x")[h.at:] != "x" {
			t.Errorf("%s: got %v %+v", text, ok, h)
		}
	}
	for _, text := range []string{"Case studies: 44", "ご担当者様", "Anything else becomes a note on the case", "Next week the steps are mended: first"} {
		if h, ok := set.find(text, false); ok && h.rank >= weak {
			t.Errorf("%s: got %+v", text, h)
		}
	}
}

func TestOneLineCompletesTheForm(t *testing.T) {
	const letter = "\n\nOn Mon, 2 Nov 2026 at 09:00, Desk <desk@example.com> wrote:\n> Case Number: 01234567\n> Expected Next Step: Call us\n> Point of Contact: Ana\n> Phone Number or Email for POC:\n"
	reply := func(text string) []byte { return append([]byte("In-Reply-To: <a@example.com>\n"), textMail(text)...) }
	got := onlyForm(t, reply("Phone Number or Email for POC: +44 20 7946 0555"+letter))
	if !got.equal(Form{POCContact: "+44 20 7946 0555"}) {
		t.Errorf("got %+v", got)
	}
	if msg, _ := Parse(textMail("Next steps: we meet on Monday.\n")); len(msg.Forms) != 0 {
		t.Errorf("minutes of a meeting: %+v", msg.Forms)
	}
}
