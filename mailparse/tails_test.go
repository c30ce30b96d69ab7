package mailparse

import (
	"strings"
	"testing"
)

// TestWhatStandsBelowTheFormIsNoComment appends what programs and people in
// many languages put below a form whose last field is filled in.
func TestWhatStandsBelowTheFormIsNoComment(t *testing.T) {
	const form = "Case Number: 01234567\nExpected Next Step: Replace the pump\nPoint of Contact: Shift lead\nPhone Number or Email for POC: noc@customer.example.org\nAdditional Comments: the plant is down since noon\n"
	want := Form{CaseNumber: "01234567", NextStep: "Replace the pump", POC: "Shift lead", POCContact: "noc@customer.example.org", Comments: "the plant is down since noon"}
	check := func(kind, tail string) {
		t.Run(kind, func(t *testing.T) {
			if got := onlyForm(t, textMail("Hello,\n\n"+form+tail)); !got.equal(want) {
				t.Errorf("%q: got %+v", tail, got)
			}
			page := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\n", "<br>\n").Replace("Hello,\n\n" + form + tail)
			if got := onlyForm(t, htmlMail("<html><body><div>"+page+"</div></body></html>")); !got.equal(want) {
				t.Errorf("html %q: got %+v", tail, got)
			}
		})
	}
	for _, s := range signOffs {
		check("sign-off", "\n"+s+"\nMaria Example\nControl room\n")
		check("sign-off alone", "\n"+s+"\n")
		check("sign-off at once", s+"\nMaria\n")
	}
	for _, s := range attributions {
		check("attribution", "\n"+s+"\n> Hello, please send us the form.\n>\n> Regards\n")
		check("attribution without marks", "\n"+s+"\n\nHello, please send us the form again.\n\nThe desk of the service people\n")
	}
	for _, s := range headBlocks {
		check("header block", "\n"+s+"\n\nHello, please send us the form again today.\n")
		check("ruled header block", "\n________________________________\n"+s+"\n\nHello, please send us the form again today.\n")
	}
	for _, s := range footers {
		check("footer", "\n"+s+"\n")
		check("name and footer", "\nMaria Example\n\n"+s+"\n")
	}
}

var signOffs = strings.Split(`TIA
Thnx
Much appreciated,
Best regards
Kind regards,
BR,
Br
B.R.
Rgds,
KR
Thanks
Thanks!
Many thanks,
Thank you very much!
Thx
Cheers
Cheers,
Thanks and regards
Thanks & Regards,
Thanks in advance
Thanks in advance for your help,
Thank you in advance.
Thank you for your support
Thank you for your quick help!
Warm regards,
Sincerely yours,
Yours faithfully
Respectfully,
With kind regards,
With best wishes
Best wishes
All the best,
Greetings from the coast,
Mit freundlichen Grüßen
Mit freundlichem Gruß
mit freundlichen Gruessen
Freundliche Grüße
Viele Grüße
Viele Grüße aus Hamburg
Beste Grüße
Schöne Grüße
Liebe Grüße
Herzliche Grüße
Gruß
Grüße
MfG
mfg,
VG
LG
Danke
Danke und Gruß
Danke im Voraus
Vielen Dank
Vielen Dank und beste Grüße
Vielen Dank im Voraus!
Besten Dank
Hochachtungsvoll
Cordialement
Cordialement,
Bien cordialement,
Cdlt
Cdt,
Merci
Merci d'avance
Merci beaucoup,
Merci de votre aide
Bien à vous,
Salutations distinguées
Sincères salutations
Meilleures salutations
Bonne journée
Bonne réception,
Avec mes remerciements
Saludos
Saludos cordiales,
Un saludo
Un cordial saludo,
Atentamente
Atentamente,
Gracias
Muchas gracias
Gracias y saludos
Gracias de antemano
Cordialmente
Atenciosamente
Atenciosamente,
Att.
Obrigado
Obrigada,
Muito obrigado
Cumprimentos
Melhores cumprimentos,
Com os melhores cumprimentos
Abraço
Cordiali saluti
Distinti saluti
Saluti
Un saluto
Grazie
Grazie mille
Grazie e saluti
Cordialmente,
Met vriendelijke groet
Met vriendelijke groeten,
Vriendelijke groet
Vriendelijke groeten
Groeten
Groet,
Gr.
Mvg
MVG,
Hartelijke groeten
Alvast bedankt
Bedankt
Bij voorbaat dank
Med vänliga hälsningar
Med vänlig hälsning
Vänliga hälsningar
Vänligen
Hälsningar
Mvh
MVH,
Tack på förhand
Med venlig hilsen
Venlig hilsen
Hilsen
De bedste hilsner
Med vennlig hilsen
Vennlig hilsen
På forhånd takk
Ystävällisin terveisin
Terveisin
Kiitos
Pozdrawiam
Z poważaniem
Z wyrazami szacunku
Serdecznie pozdrawiam
Dziękuję
S pozdravem
Děkuji
S přátelským pozdravem
S úctou
S pozdravom
Ďakujem
Üdvözlettel
Tisztelettel
Üdv,
Köszönettel
Cu stimă
Cu respect,
Mulțumesc
Lep pozdrav
Srdačan pozdrav
S poštovanjem
С уважением
С уважением,
Спасибо
Заранее спасибо
С наилучшими пожеланиями
З повагою
Дякую
Με εκτίμηση
Ευχαριστώ
Saygılarımla
İyi çalışmalar
Teşekkürler
Teşekkür ederim
よろしくお願いいたします。
以上、よろしくお願いいたします。
宜しくお願い致します。
敬具
此致
谢谢
谢谢！
祝好
감사합니다
감사합니다.
תודה
בברכה
شكرا
مع التحية`, "\n")

var attributions = strings.Split(`On Mon, 9 Nov 2026 at 16:12, Enterprise Support <desk@example.com> wrote:
On 09/11/2026 16:12, Enterprise Support wrote:
On Nov 9, 2026, at 4:12 PM, Enterprise Support <desk@example.com> wrote:
On Monday, November 9th, 2026 at 4:12 PM, Enterprise Support <desk@example.com> wrote:
On 9 Nov 2026, at 16:12, Enterprise Support <desk@example.com> wrote:
2026-11-09 16:12 GMT+01:00 Enterprise Support <desk@example.com>:
Am 09.11.2026 um 16:12 schrieb Enterprise Support:
Am Mo., 9. Nov. 2026 um 16:12 Uhr schrieb Enterprise Support <desk@example.com>:
Am Montag, 9. November 2026, 16:12:01 CET schrieb Enterprise Support:
Le lun. 9 nov. 2026 à 16:12, Enterprise Support <desk@example.com> a écrit :
Le 09/11/2026 à 16:12, Enterprise Support a écrit :
Le 9 nov. 2026 à 16:12, Enterprise Support <desk@example.com> a écrit :
El lun, 9 nov 2026 a las 16:12, Enterprise Support (<desk@example.com>) escribió:
El 9/11/2026 a las 16:12, Enterprise Support escribió:
El lunes, 9 de noviembre de 2026, 16:12:01 CET, Enterprise Support <desk@example.com> escribió:
Em seg., 9 de nov. de 2026 às 16:12, Enterprise Support <desk@example.com> escreveu:
Em 09/11/2026 16:12, Enterprise Support escreveu:
A segunda, 9/11/2026, 16:12, Enterprise Support <desk@example.com> escreveu:
Il giorno lun 9 nov 2026 alle ore 16:12 Enterprise Support <desk@example.com> ha scritto:
Il 09/11/2026 16:12, Enterprise Support ha scritto:
Op ma 9 nov 2026 om 16:12 schreef Enterprise Support <desk@example.com>:
Op 09-11-2026 om 16:12 schreef Enterprise Support:
Op 9 nov. 2026 om 16:12 heeft Enterprise Support <desk@example.com> het volgende geschreven:
Den mån 9 nov. 2026 kl 16:12 skrev Enterprise Support <desk@example.com>:
Den 2026-11-09 kl. 16:12, skrev Enterprise Support:
Den man. 9. nov. 2026 kl. 16.12 skrev Enterprise Support <desk@example.com>:
man. 9. nov. 2026 kl. 16:12 skrev Enterprise Support <desk@example.com>:
ma 9. marrask. 2026 klo 16.12 Enterprise Support (desk@example.com) kirjoitti:
pon., 9 lis 2026 o 16:12 Enterprise Support <desk@example.com> napisał(a):
W dniu 9.11.2026 o 16:12, Enterprise Support pisze:
po 9. 11. 2026 v 16:12 odesílatel Enterprise Support <desk@example.com> napsal:
Dne 09. 11. 26 v 16:12 Enterprise Support napsal(a):
po 9. 11. 2026 o 16:12 Enterprise Support <desk@example.com> napísal(a):
Enterprise Support <desk@example.com> ezt írta (időpont: 2026. nov. 9., H, 16:12):
2026. 11. 09. 16:12 keltezéssel, Enterprise Support írta:
În lun., 9 nov. 2026 la 16:12, Enterprise Support <desk@example.com> a scris:
пн, 9 нояб. 2026 г. в 16:12, Enterprise Support <desk@example.com>:
09.11.2026 16:12, Enterprise Support пишет:
9 ноября 2026 г. в 16:12, Enterprise Support <desk@example.com> написал(а):
пн, 9 лист. 2026 р. о 16:12 Enterprise Support <desk@example.com> пише:
Στις Δευ 9 Νοε 2026 στις 4:12 μ.μ., ο χρήστης Enterprise Support <desk@example.com> έγραψε:
Enterprise Support <desk@example.com>, 9 Kas 2026 Pzt, 16:12 tarihinde şunu yazdı:
2026年11月9日(月) 16:12 Enterprise Support <desk@example.com>:
2026年11月9日 16:12、Enterprise Support <desk@example.com>のメール:
在 2026年11月9日，16:12，Enterprise Support <desk@example.com> 写道：
Enterprise Support <desk@example.com> 于2026年11月9日周一 16:12写道：
Enterprise Support <desk@example.com> 於 2026年11月9日 週一 下午4:12寫道：
2026년 11월 9일 (월) 오후 4:12, Enterprise Support <desk@example.com>님이 작성:
pon., 9. nov. 2026 ob 16:12 je oseba Enterprise Support <desk@example.com> napisala:
pon, 9. stu 2026. u 16:12 Enterprise Support <desk@example.com> napisao je:
ב-יום ב׳, 9 בנוב׳ 2026 ב-16:12 מאת Enterprise Support <desk@example.com>:
-----Original Message-----
---- On Mon, 09 Nov 2026 16:12:01 +0100 Enterprise Support <desk@example.com> wrote ---
------- Original Message -------
--- Original message ---
-------- Original-Nachricht --------
-----Ursprüngliche Nachricht-----
-----Message d'origine-----
-----Mensaje original-----
-----Mensagem original-----
-----Messaggio originale-----
-----Oorspronkelijk bericht-----
-----Původní zpráva-----
-----Wiadomość oryginalna-----
-----Eredeti üzenet-----
-----Αρχικό μήνυμα-----
-----Оригинальное сообщение-----
-----Original Message-----
---------- Forwarded message ---------`, "\n")

var headBlocks = strings.Split(`From: Enterprise Support <desk@example.com>
Sent: Monday, November 9, 2026 4:12 PM
To: Maria <maria@customer.example.com>
Subject: Escalation
|From: Enterprise Support
Date: Monday, 9 November 2026 at 16:12
To: Maria <maria@customer.example.com>
Subject: Re: Escalation
|*From:* Enterprise Support <desk@example.com>
*Sent:* Monday, November 9, 2026 4:12 PM
*To:* Maria <maria@customer.example.com>
*Subject:* Escalation
|Von: Enterprise Support <desk@example.com>
Gesendet: Montag, 9. November 2026 16:12
An: Maria <maria@customer.example.com>
Betreff: Escalation
|Von: Enterprise Support <desk@example.com>
Datum: Montag, 9. November 2026 um 16:12
An: Maria <maria@customer.example.com>
Betreff: Escalation
|De : Enterprise Support <desk@example.com>
Envoyé : lundi 9 novembre 2026 16:12
À : Maria <maria@customer.example.com>
Objet : Escalation
|De: Enterprise Support <desk@example.com>
Date: lundi, 9 novembre 2026 à 16:12
À: Maria <maria@customer.example.com>
Objet: Escalation
|De: Enterprise Support <desk@example.com>
Enviado: lunes, 9 de noviembre de 2026 16:12
Para: Maria <maria@customer.example.com>
Asunto: Escalation
|De: Enterprise Support <desk@example.com>
Enviado el: lunes, 9 de noviembre de 2026 16:12
Para: Maria <maria@customer.example.com>
Asunto: Escalation
|De: Enterprise Support <desk@example.com>
Enviada em: segunda-feira, 9 de novembro de 2026 16:12
Para: Maria <maria@customer.example.com>
Assunto: Escalation
|Da: Enterprise Support <desk@example.com>
Inviato: lunedì 9 novembre 2026 16:12
A: Maria <maria@customer.example.com>
Oggetto: Escalation
|Van: Enterprise Support <desk@example.com>
Verzonden: maandag 9 november 2026 16:12
Aan: Maria <maria@customer.example.com>
Onderwerp: Escalation
|Från: Enterprise Support <desk@example.com>
Skickat: den 9 november 2026 16:12
Till: Maria <maria@customer.example.com>
Ämne: Escalation
|Fra: Enterprise Support <desk@example.com>
Sendt: 9. november 2026 16:12
Til: Maria <maria@customer.example.com>
Emne: Escalation
|Lähettäjä: Enterprise Support <desk@example.com>
Lähetetty: maanantai 9. marraskuuta 2026 16.12
Vastaanottaja: Maria <maria@customer.example.com>
Aihe: Escalation
|Od: Enterprise Support <desk@example.com>
Wysłano: poniedziałek, 9 listopada 2026 16:12
Do: Maria <maria@customer.example.com>
Temat: Escalation
|Od: Enterprise Support <desk@example.com>
Odesláno: pondělí 9. listopadu 2026 16:12
Komu: Maria <maria@customer.example.com>
Předmět: Escalation
|Od: Enterprise Support <desk@example.com>
Odoslané: pondelok 9. novembra 2026 16:12
Komu: Maria <maria@customer.example.com>
Predmet: Escalation
|Feladó: Enterprise Support <desk@example.com>
Elküldve: 2026. november 9., hétfő 16:12
Címzett: Maria <maria@customer.example.com>
Tárgy: Escalation
|De la: Enterprise Support <desk@example.com>
Trimis: luni, 9 noiembrie 2026 16:12
Către: Maria <maria@customer.example.com>
Subiect: Escalation
|От: Enterprise Support <desk@example.com>
Отправлено: 9 ноября 2026 г. 16:12
Кому: Maria <maria@customer.example.com>
Тема: Escalation
|Від: Enterprise Support <desk@example.com>
Надіслано: 9 листопада 2026 р. 16:12
Кому: Maria <maria@customer.example.com>
Тема: Escalation
|Από: Enterprise Support <desk@example.com>
Στάλθηκε: Δευτέρα, 9 Νοεμβρίου 2026 4:12 μμ
Προς: Maria <maria@customer.example.com>
Θέμα: Escalation
|Kimden: Enterprise Support <desk@example.com>
Gönderildi: 9 Kasım 2026 Pazartesi 16:12
Kime: Maria <maria@customer.example.com>
Konu: Escalation
|差出人: Enterprise Support <desk@example.com>
送信日時: 2026年11月9日 16:12
宛先: Maria <maria@customer.example.com>
件名: Escalation
|发件人: Enterprise Support <desk@example.com>
发送时间: 2026年11月9日 16:12
收件人: Maria <maria@customer.example.com>
主题: Escalation
|寄件者: Enterprise Support <desk@example.com>
寄件日期: 2026年11月9日 16:12
收件者: Maria <maria@customer.example.com>
主旨: Escalation
|보낸 사람: Enterprise Support <desk@example.com>
보낸 날짜: 2026년 11월 9일 월요일 오후 4:12
받는 사람: Maria <maria@customer.example.com>
제목: Escalation
|מאת: Enterprise Support <desk@example.com>
נשלח: יום שני 9 נובמבר 2026 16:12
אל: Maria <maria@customer.example.com>
נושא: Escalation
|من: Enterprise Support <desk@example.com>
تم الإرسال: 9 نوفمبر 2026 16:12
إلى: Maria <maria@customer.example.com>
الموضوع: Escalation`, "\n|")

var footers = strings.Split(`Sent from my iPhone
Sent from my iPad
Sent from my Samsung Galaxy smartphone.
Sent from Outlook for iOS
Sent from Outlook for Android<https://aka.ms/AAb9ysg>
Get Outlook for iOS<https://aka.ms/o0ukef>
Get Outlook for Android
Sent via the Samsung Galaxy S24, an AT&T 5G smartphone
Sent from Yahoo Mail on Android
Sent from Proton Mail for iOS
Sent with Proton Mail secure email.
Sent from Mail for Windows
Sent from my mobile. Please excuse typos.
Sent from my BlackBerry
Sent from Gmail Mobile
Von meinem iPhone gesendet
Gesendet von Mail für Windows
Gesendet von Outlook für Android
Holen Sie sich Outlook für iOS
Von meinem Samsung Galaxy Smartphone gesendet.
Gesendet mit der GMX Mail App
Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.
Envoyé de mon iPhone
Envoyé depuis mon mobile Orange
Envoyé à partir de Outlook pour Android
Télécharger Outlook pour iOS
Obtenir Outlook pour iOS
Enviado desde mi iPhone
Enviado desde Outlook para Android
Obtener Outlook para iOS
Enviado do meu iPhone
Enviado do Outlook para Android
Obter o Outlook para iOS
Inviato da iPhone
Inviato dal mio telefono Huawei
Ottieni Outlook per iOS
Scarica Outlook per Android
Verstuurd vanaf mijn iPhone
Verzonden vanuit Outlook voor Android
Outlook voor Android downloaden
Skickat från min iPhone
Sendt fra min iPhone
Lähetetty iPhonesta
Wysłane z iPhone'a
Wysłano z iPhone
Odesláno z iPhonu
Отправлено с iPhone
Отправлено из мобильной Почты Mail.ru
iPhone'umdan gönderildi
iPhoneから送信
Androidから送信
发自我的iPhone
从我的 iPhone 发送
發自我的 iPhone
나의 iPhone에서 보냄
Elküldve az iPhone-omról
Στάλθηκε από το iPhone μου
Trimis de pe iPhone-ul meu
This email and any attachments are confidential and intended solely for the addressee.
This message contains confidential information and is intended only for the individual named.
CONFIDENTIALITY NOTICE: The contents of this email message are confidential.
The information contained in this communication is confidential.
If you are not the intended recipient, please delete this message.
If you have received this email in error please notify the sender.
Disclaimer: views are those of the author.
Diese E-Mail enthält vertrauliche Informationen.
Diese Nachricht ist vertraulich und nur für den Empfänger bestimmt.
Ce message et ses pièces jointes sont confidentiels.
Este mensaje es confidencial y va dirigido a su destinatario.
Esta mensagem pode conter informação confidencial.
Questo messaggio contiene informazioni riservate.
Dit bericht is uitsluitend bestemd voor de geadresseerde.
Detta meddelande är konfidentiellt och endast avsett för mottagaren.
Denne e-mail er fortrolig og kun tiltænkt modtageren.
Ta wiadomość jest poufna i przeznaczona wyłącznie dla adresata.
Tento e-mail je důvěrný a je určen pouze adresátovi.
Данное сообщение содержит конфиденциальную информацию.
本メールには機密情報が含まれている場合があります。
本邮件及其附件含有保密信息，仅限于发送给上面地址中列出的个人。
Please consider the environment before printing this email.
Please think before you print.
Virus-free. www.avast.com
This email has been scanned by the Example Security service.
Scanned by MailScanner
You received this message because you are subscribed to the Google Groups "ops" group.
To unsubscribe from this group, send an email to ops+unsubscribe@example.com
ops mailing list
[cid:image001.png@01DB3F00.12345678]
Registered in England and Wales No. 01234567. Registered office: 1 Example Street
Geschäftsführer: Max Muster, Amtsgericht Beispielstadt HRB 12345`, "\n")
