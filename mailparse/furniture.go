package mailparse

import (
	"regexp"
	"strings"
)

// Furniture is what programs, not people, put below what a person wrote. It is
// known by the words with which its lines begin, folded: no accents, no case,
// no punctuation.
var (
	furniture = newPhrases(`powered by,delivered by,this email is a service from,this e mail is a service from,this is a service from,reply above this line,please reply above this line,write your reply above,type your reply above,please type your reply above,enter your reply above,do not change the subject,please do not change the subject,
please keep the subject,please leave the subject,please do not reply,do not reply to this,please don t reply to this,this is an automated,this is an automatic,this is an automatically,this is a system generated,this is a computer generated,this message was generated,this message was sent,
this notification was,this ticket was created via,this ticket was created by email,this ticket was created automatically,this ticket was created through,this ticket was created from,this ticket was submitted,this ticket was logged via,this ticket was opened via,this request was created via,this request was submitted via,
this request was submitted through,this request was raised via,this case was created via,this case was opened via,this form was submitted,this form was sent,this mail was sent,view it on,view this email,view this e mail,view this message,view in browser,view in your browser,
you are receiving this,you receive this,yahoo mail search,you re receiving this,you are getting this,you received this,reply to this email directly,reply to this email to,reply to this message to,manage your notification,manage notifications,manage your email,manage your preferences,update your preferences,update your email,notification settings,
book time with me,book time to meet with me,book a meeting with me,book a call with me,schedule a meeting with me,schedule a call with me,please excuse typos,please excuse any,please excuse brevity,please excuse the,please excuse my,excuse brevity,excuse typos,excuse the brevity,excuse the typos,excuse my brevity,excuse any typos,
apologies for brevity,apologies for typos,apologies for any typos,apologies for the brevity,pardon the typos,pardon typos,pardon my brevity,pardon the brevity,typed on,typed with,written on my phone,dictated,
notice to recipient,notice to recipients,dieses ticket wurde,diese anfrage wurde erstellt,diese anfrage wurde über,dies ist eine automatisch,diese nachricht wurde automatisch,diese e mail wurde automatisch,bitte antworten sie nicht auf,bitte nicht auf diese,bitte oberhalb dieser zeile antworten,bitte antworten sie oberhalb,bereitgestellt von,
ce ticket a été créé,cette demande a été créée,ceci est un message automatique,message automatique,merci de ne pas répondre,veuillez ne pas répondre,répondez au dessus de cette ligne,propulsé par,este ticket fue creado,esta solicitud fue creada,este es un mensaje automático,mensaje automático,no responda a este,por favor no responda,responda por encima de esta línea,
este chamado foi aberto,esta é uma mensagem automática,mensagem automática,não responda a este,por favor não responda,responda acima desta linha,questo ticket è stato creato,questo è un messaggio automatico,messaggio automatico,non rispondere a questa,si prega di non rispondere,rispondere sopra questa riga,
dit ticket is aangemaakt,dit is een automatisch,automatisch gegenereerd,gelieve niet te antwoorden,niet beantwoorden,antwoord boven deze regel,mogelijk gemaakt door`)

	// asides are what people have below each of their mails. A comment may well
	// begin so: they count as a paragraph of their own with no prose below.
	asides = newPhrases(`my working days,my working hours,my normal working,my usual working,my work pattern,i work flexibly,i work flexible,i work part time,i work from,i do not work on,i don t work on,i am working flexibly,i may be sending,i may send,i will be out of,i will be on leave,i am out of office,i will be away,out of office,upcoming leave,upcoming absence,planned leave,annual leave,
join us,join our,register now,register for our,register here,visit us at,visit our,meet us at,see us at,come and see us,download our,read our,check out our,discover our,did you know,rate our,rate my,how did we do,how did i do,how was my,how are we doing,tell us how,take our survey,we value your feedback,your feedback,
classification,data classification,document classification,security classification,internal use only,for internal use,internal only,company confidential,view request,view this request,view the request,view ticket,view this ticket,view your ticket,view the ticket,view case,view this case,view your case,view issue,view this issue,view incident,view online,ticket id,ticket url,ticket link,request id,request url,
meine arbeitszeiten,meine arbeitstage,meine bürozeiten,ich arbeite in teilzeit,ich bin in teilzeit,besuchen sie uns,besuchen sie unsere,abwesenheit,ich bin abwesend,vom urlaub,klassifizierung,klassifikation,nur für den internen,nur zur internen,ticket anzeigen,anfrage anzeigen,vorgang anzeigen,
mes horaires,mes jours de présence,je travaille à temps partiel,visitez notre,retrouvez nous,rejoignez nous,usage interne,voir le ticket,voir la demande,consulter le ticket,consulter la demande,mi horario,visite nuestra,visítenos,síganos,uso interno,ver ticket,ver el ticket,ver solicitud,ver la solicitud,meu horário,visite nosso,visite nossa,ver chamado,
il mio orario,i miei orari,visita il nostro,visitate il nostro,vedi ticket,vedi richiesta,visualizza ticket,mijn werkdagen,mijn werktijden,ik werk niet op,bezoek onze,bezoek ons,intern gebruik,bekijk ticket,bekijk het ticket,bekijk verzoek`)
)

var (
	copyright  = regexp.MustCompile(`(?i)^(?:©|\(c\)\s*(?:19|20)\d\d|copyright\s*(?:©|\(c\)|(?:19|20)\d\d))`)
	linkRow    = regexp.MustCompile(`(?i)^(?:ticket|request|case|issue|incident|link|url|portal|anfrage|vorgang|demande|solicitud|chamado|richiesta|verzoek)[^:]{0,30}:\s*<?https?://\S+$`)
	fileList   = regexp.MustCompile(`(?i)^(?:attachments?|attached files?|anlagen?|anh[äa]nge?|pi[èe]ces? jointes?|p\.?j\.?|adjuntos?|anexos?|allegat[io]|bijlagen?|添付(?:ファイル)?)\s*(?:\(\d+\))?\s*[:：]\s*[^\s,;]+\.\w{2,4}(?:\s*[,;、]\s*[^,;]+\.\w{2,4})*\s*$`)
	inBrackets = regexp.MustCompile(`\s*[(\[][^()\[\]]{0,30}[)\]]\s*$`)
)

// isFurniture says whether a program wrote this line.
func isFurniture(s string) bool {
	return furniture.match(splitWords(s, furniture.longest)) > 0 || copyright.MatchString(s)
}

// isAside says whether a paragraph that begins so stands below all mails of its
// sender.
func isAside(s string) bool {
	if !beginsLike(s, asideHeads) {
		return false
	}
	return asides.match(splitWords(s, asides.longest)) > 0 && !strings.HasSuffix(s, "?") || fileList.MatchString(s) || linkRow.MatchString(s)
}

var asideHeads = headsOf(asides, "att anl anh pi pie p pj adj ane all bij tic req cas iss inc lin url por anf vor dem sol cha ric ver")
