package mailparse

import "testing"

func onlyForm(t *testing.T, raw []byte) Form {
	t.Helper()
	msg, err := Parse(raw)
	if err != nil || len(msg.Forms) != 1 {
		t.Fatalf("%d forms, %v: %+v", len(msg.Forms), err, msg.Forms)
	}
	return msg.Forms[0]
}

func TestUncommonLayoutsAreTheSameForm(t *testing.T) {
	want := Form{CaseNumber: "01234567", NextStep: "Replace the pump", POC: "Ana Lopez", POCContact: "noc@customer.example.org", Comments: "plant is down"}
	for name, text := range map[string]string{
		"wrapped label column": "Case Number        01234567\nExpected Next      Replace the pump\nStep\nPoint of Contact   Ana Lopez\nPhone Number or    noc@customer.example.org\nEmail for POC\nAdditional         plant\nComments           is down\n",
		"wrapped with colons":  "Case Number       : 01234567\nExpected Next     : Replace the\nStep                pump\nPoint of Contact  : Ana Lopez\nPhone Number or   : noc@customer.example.org\nEmail for POC\nAdditional        : plant is down\nComments\n",
		"slashes":              "Case Number / 01234567\nExpected Next Step / Replace the pump\nPoint of Contact / Ana Lopez\nPhone Number or Email for POC / noc@customer.example.org\nAdditional Comments / plant is down\n",
		"slashes, no blanks":   "Case Number/01234567\nExpected Next Step/Replace the pump\nPoint of Contact/Ana Lopez\nPhone Number or Email for POC/noc@customer.example.org\nAdditional Comments/plant is down\n",
		"answers deeper":       "> Case Number:\n>> 01234567\n> Expected Next Step:\n>> Replace the pump\n> Point of Contact:\n>> Ana Lopez\n> Phone Number or Email for POC:\n>> noc@customer.example.org\n> Additional Comments:\n>> plant is down\n",
		"marked answers":       "Case Number:\n> 01234567\nExpected Next Step:\n> Replace the pump\nPoint of Contact:\n> Ana Lopez\nPhone Number or Email for POC:\n> noc@customer.example.org\nAdditional Comments:\n> plant is down\n",
		"tabs within labels":   "Case\tNumber :\t01234567\nExpected  Next\tStep :\tReplace the pump\nPoint\tof\tContact :\tAna Lopez\nPhone Number or Email\tfor POC :\tnoc@customer.example.org\nAdditional\tComments :\tplant is down\n",
	} {
		t.Run(name, func(t *testing.T) {
			got := onlyForm(t, textMail("Hello,\n\n"+text+"\nCheers\nMo\nRadio room | Example Offshore | +44 20 7946 0210\n"))
			if !got.equal(want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestSlashInASentenceIsNoLabel(t *testing.T) {
	msg, err := Parse(textMail("Hello,\n\nthe case number / point of contact are as in the last mail.\nCase / ticket handling is slow here.\n"))
	if err != nil || len(msg.Forms) != 0 {
		t.Errorf("%v: %+v", err, msg.Forms)
	}
}
