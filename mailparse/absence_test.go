package mailparse

import (
	"strings"
	"testing"
)

func withSubject(subject, body string) []byte {
	return []byte(strings.Replace(string(textMail(body)), "Subject: Escalation", "Subject: "+subject, 1))
}

func TestSubjectAboutAbsenceMakesNoMachineOfAPerson(t *testing.T) {
	for _, body := range []string{
		"Hello,\n\nour appliance is broken, please call me back today. It is urgent.\n\nMaria",
		"Guten Tag,\n\nunsere Anlage steht seit gestern, bitte rufen Sie dringend zurück.\n\nMaria",
		"We are waiting until now. Contact me at once!",
		"担当者から返信がありません。緊急です。電話をください。",
	} {
		for _, subject := range []string{
			"Abwesend seit gestern: unser Techniker", "On holiday: the pump stopped", "OOO: pump controller fails", "Out of office: how do I set it in your product?", "Absence du bureau: porte bloquée",
			"Fuera de la oficina no funciona", "Automatic reply does not work", "不在の担当者について", "Vacation message is sent twice", "Automatic replies are lost", "Automatic reply: not sent by your server", "Abwesenheitsnotiz geht nicht", "Out of office AutoReply broken since the update",
		} {
			if msg, _ := Parse(withSubject(subject, body)); msg.Automatic != "" {
				t.Errorf("%s: %q is %s (%s)", subject, body, msg.Automatic, msg.AutomaticReason)
			}
		}
	}
}

func TestAbsenceNoticeIsKnownWithoutHeaderFields(t *testing.T) {
	for _, c := range [][2]string{
		{"Automatic reply", "Gone fishing."}, {"Automatic reply: Your escalation", ""}, {"Out of Office", "See you."}, {"On vacation", "Back in March!"},
		{"Automatic reply: Your escalation", "Thank you for contacting us. Your message has been received and will be answered within two days."},
		{"Out of Office: Re: your letter", "Thank you for your message.\n\nI am out of the office until Monday 7 December with no access to e-mail.\nYour message will not be forwarded. In urgent cases please contact the\nfront desk on +1 212 555 0101.\n\nClerk of works"},
		{"Out of Office: Escalation received", "Dear Sender,\n\nI am on Diwali leave and would be back on 12th Nov. For any urgency kindly contact the helpdesk at extn 4400."},
		{"OOO: case 01234567", "I'm away from Monday on. Back on the 12th."},
		{"Abwesenheit: Ihre Eskalation 01234567", "Vielen Dank für Ihre Nachricht. Ich bin bis zum 20. November nicht\nim Haus. In dringenden Fällen wenden Sie sich an die Zentrale."},
		{"Abwesend bis 9. November: Ihre Eskalation", "Guten Tag, ich bin im Urlaub. Bitte wenden Sie sich an die Zentrale."},
		{"Absence du bureau : votre demande", "Bonjour,\n\nJe suis absente jusqu'au 3 décembre. Pour toute urgence, merci d'écrire à l'accueil."},
		{"Fuera de la oficina: su escalado", "Estaré fuera de la oficina hasta el lunes."},
		{"Automatyczna odpowiedź: Re: escalation", "Jestem na urlopie do 4 grudnia."}, {"自动回复: 升级", "您好，我正在休假，无法及时回复您的邮件。"}, {"不在のお知らせ: 受付しました", "ただいま休暇中です。"},
		{"Re: Escalation", "I am out of the office until 9 November with limited access to e-mail. For urgent matters contact Bob."},
		{"Re: Escalation", "Sehr geehrte Damen und Herren,\n\nvielen Dank für Ihre Nachricht. Ich bin bis zum 9. November nicht im Büro. In dringenden Fällen wenden Sie sich an Bob."},
	} {
		if msg, _ := Parse(withSubject(c[0], c[1])); msg.Automatic != AutoReply {
			t.Errorf("%s: %q is %q", c[0], c[1], msg.Automatic)
		}
	}
}

func TestPersonMayBeOnLeave(t *testing.T) {
	for _, body := range []string{
		"I am on leave next week, so please call my colleague. In urgent cases ring the plant. The pump fails daily.",
		"I am on leave next week, so please call my colleague. In urgent cases ring the plant.\nThe pump fails daily",
		"Ich bin ab Montag im Urlaub, Vertretung ist die Schichtleitung. Die Pumpe fällt täglich aus.",
		"Je suis en congés demain, de retour lundi. La porte reste bloquée depuis hier.",
	} {
		if msg, _ := Parse(textMail(body)); msg.Automatic != "" {
			t.Errorf("%q is %s (%s)", body, msg.Automatic, msg.AutomaticReason)
		}
	}
}

func TestEmptyAutoReplyFieldIsNoSign(t *testing.T) {
	if msg, _ := Parse(append([]byte("X-Auto-Reply:\r\n"), textMail(plainForm)...)); msg.Automatic != "" || len(msg.Forms) != 1 {
		t.Errorf("%s (%s)", msg.Automatic, msg.AutomaticReason)
	}
}
