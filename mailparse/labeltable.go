package mailparse

// A rank says how surely a phrase is a label of the template.
const (
	weak   = 1 // any signature or sentence may hold it: needs company
	good   = 2 // a usual short form
	strong = 3 // the template's own words or their translation
)

// phrases are the ways to write one label in one language. They go through
// the same folding as what is read: case, accents, blanks, hyphens and
// punctuation do not matter, "#", "no.", "nr." and "nº" are the word number.
type phrases struct {
	field  Field
	rank   int
	labels []string
}

// labelTable is the one table of labels: English, German, French, Spanish,
// Portuguese, Italian, Dutch, Japanese. Operators add to it by Options.Labels.
var labelTable = []phrases{
	{CaseNumber, strong, []string{
		"case number", "case no", "case id", "case #", "support case number", "case ref", "case reference", "case reference number",
		"fallnummer", "fall nr", "fall nummer", "vorgangsnummer", "ticketnummer", "case nummer", "supportfall nummer", "fall id",
		"numéro de dossier", "numéro du dossier", "n° de dossier", "nº dossier", "numéro de cas", "numéro du cas", "numéro de ticket", "numéro du ticket", "référence du dossier",
		"numéro de demande", "numéro d'incident",
		"número de caso", "número del caso", "nº de caso", "nº caso", "n° de caso", "núm de caso", "número de ticket", "número de incidencia", "número de expediente",
		"número do caso", "nº do caso", "número do chamado", "nº do chamado", "número do ticket", "número de chamado", "número de processo", "número do processo",
		"numero del caso", "numero caso", "numero di caso", "n° caso", "numero del ticket", "numero ticket", "numero pratica", "numero di pratica", "codice caso",
		"numero della pratica", "numero segnalazione",
		"casenummer", "zaaknummer", "dossiernummer", "meldingsnummer", "zaak nr", "zaak nummer", "ticket nummer", "incidentnummer",
		"ケース番号", "案件番号", "お問い合わせ番号", "サポートケース番号", "チケット番号", "ケースno", "ケースナンバー", "問い合わせ番号", "事例番号", "受付番号", "件番号",
	}},
	{CaseNumber, good, []string{
		"inc number", "request id", "case in question", "case to escalate", "case concerned", "kundenfallnr", "nummer des falls", "nummer des vorgangs", "caso n.", "rif. caso", "案件no",
		"fallnr", "fall-nr", "vorgangsnr", "vorgangnr", "ticketnr", "zaaknr", "casenr", "caseno", "dossiernr", "meldingsnr", "incidentnr", "supportfallnr", "anfragenr", "n caso", "n ticket", "n pratica", "n dossier", "n de dossier", "n de caso", "nro de caso", "nro caso", "nro ticket", "núm caso", "núm ticket",
		"case", "cases", "ticket number", "ticket no", "ticket #", "ticket id", "ticket ref", "ticket reference", "incident number", "incident #", "incident id", "incident no",
		"sr number", "sr #", "service request", "service request number", "support case", "support ticket", "support ticket number", "request number", "case code", "reference number", "case num", "case number id",
		"ticket nr", "vorgang nr", "vorgangs nr", "supportfall", "anfragenummer", "aktenzeichen", "störungsnummer", "dossier n°", "dossier numéro", "dossier", "n° ticket",
		"caso", "caso nº", "caso número", "caso n°", "chamado", "caso numero", "pratica", "zaak", "ケース", "案件", "チケット", "case/ticket", "case / ticket number",
		"case or ticket number", "salesforce case", "sf case", "csr number",
		"案號", "案例编号", "工单号", "工單號", "案件編號", "案件编号", "案例号", "问题单号", "case編號", "사례 번호", "케이스 번호",
	}},
	{CaseNumber, weak, []string{"c/n", "cn", "ticket", "incident", "reference", "ref", "ref no", "id", "sr", "vorgang", "fall", "aktenzeichen", "référence", "referencia", "referência", "riferimento", "number", "nummer", "番号", "tt"}},

	{NextStep, strong, []string{
		"expected next step", "expected next steps", "next step expected", "next steps expected", "expected next action", "next step", "next steps",
		"erwarteter nächster schritt", "erwarteter naechster schritt", "nächster erwarteter schritt", "erwartete nächste schritte", "nächster schritt", "naechster schritt", "nächste schritte", "gewünschter nächster schritt", "erwarteter schritt",
		"prochaine étape attendue", "prochaine étape", "étape suivante attendue", "prochaines étapes", "prochaines étapes attendues", "étape suivante", "prochaine action attendue", "action attendue",
		"siguiente paso esperado", "próximo paso esperado", "próximo paso", "siguiente paso", "próximos pasos", "siguientes pasos", "próximos pasos esperados", "paso siguiente esperado",
		"próxima etapa esperada", "próximo passo esperado", "próximo passo", "próximos passos", "próximos passos esperados", "passo seguinte esperado", "próxima etapa", "passo seguinte", "próxima ação esperada",
		"prossimo passo atteso", "passo successivo atteso", "prossimo passo", "prossimi passi", "passo successivo", "prossima azione attesa", "passaggio successivo previsto", "prossimo passo previsto", "fase successiva attesa", "prossimo passaggio atteso", "prossimo passaggio",
		"verwachte volgende stap", "volgende verwachte stap", "volgende stap", "verwachte vervolgstap", "volgende stappen", "vervolgstap",
		"期待する次のステップ", "次のステップ", "期待される次のステップ", "希望する次のステップ", "次に期待する対応", "希望する対応", "期待する対応", "次の対応", "ご希望の対応", "希望対応", "次に希望する対応", "次のアクション", "期待する次の対応", "希望する次の対応", "期待される次の対応", "次に期待する手順", "今後の対応", "期待される対応", "ご要望",
	}},
	{NextStep, good, []string{
		"what we expect", "what we need", "what do you expect", "what should happen", "what next", "what you should do next", "our ask", "needed next", "was erwarten sie", "was erwarten wir", "was soll passieren", "was soll als nächstes passieren", "wie soll es weitergehen", "ce que nous attendons", "acción requerida", "qué esperamos", "azione richiesta", "wat verwacht u", "wat verwachten wij",
		"next action", "next actions", "next action expected", "expected action", "expected step", "expected steps", "action expected", "action required", "requested action", "desired next step", "required next step", "requested next step", "desired outcome", "expected outcome", "expected next", "next expected step", "what should happen next", "what we expect next", "what do you expect next", "what you expect next",
		"expected resolution", "action requested", "next step required", "next step requested", "step expected", "action needed", "nxt step", "expectation", "exp next step", "expected next stp",
		"erwartung", "erwartete maßnahme", "erwartete aktion", "nächste aktion", "gewünschte maßnahme", "action souhaitée", "suite attendue", "acción esperada", "ação esperada", "azione attesa", "verwachting", "gewenste vervolgstap", "gewenste volgende stap", "verwachte actie", "volgende actie",
		"期望的下一步", "預期下一步", "下一步", "预期下一步", "期待的下一步", "다음 단계",
	}},
	{NextStep, weak, []string{"next", "step", "action", "request", "expected", "expectations", "to do", "対応"}},

	{POC, strong, []string{
		"point of contact", "point of contact poc", "spoc", "single point of contact", "focal point", "point focal", "ponto focal", "punto focale", "punto focal", "interlocutor", "interlocutora", "interlocutor de contacto", "poc", "poc name", "name of poc", "contact person", "point of contact name", "name of point of contact", "poc point of contact", "point-of-contact",
		"ansprechpartner", "ansprechpartnerin", "ansprechperson", "kontaktperson", "ansprechpartner/in", "ansprechpartner in", "name des ansprechpartners",
		"point de contact", "interlocuteur", "personne à contacter", "personne de contact", "nom du contact", "contact principal", "interlocutrice", "personne-contact", "personne-ressource", "personne ressource", "personne à joindre", "contact sur place",
		"punto de contacto", "persona de contacto", "contacto principal", "nombre del contacto", "nombre de contacto",
		"ponto de contato", "ponto de contacto", "pessoa de contato", "pessoa de contacto", "pessoa para contato", "contato principal", "nome do contato",
		"punto di contatto", "persona di contatto", "referente", "persona di riferimento", "persona da contattare", "nome del referente", "nome del contatto", "contatto di riferimento",
		"contactpersoon", "aanspreekpunt", "contactpunt", "naam contactpersoon", "aanspreekpersoon",
		"担当者", "担当者様", "窓口担当者様", "連絡窓口", "窓口", "窓口担当者", "ご担当者", "担当者名", "ご担当者名", "連絡担当者", "お客様窓口", "連絡先担当者", "お客様担当者", "窓口担当", "担当窓口", "ご連絡窓口", "コンタクトポイント",
	}},
	{POC, good, []string{
		"who to call", "person to call", "responsible person", "pt of contact", "pt. of contact", "ansprechpartner vor ort", "contactpersoon bij ons",
		"contact name", "name of contact", "our contact", "contact point", "customer contact", "primary contact", "main contact", "customer poc", "your contact", "who to contact", "contact for this case", "p o c", "poc for this case", "contact/poc", "poc contact person", "contact person name", "technical contact", "on-site contact", "onsite contact",
		"kontakt", "ansprechp", "contacto", "contato", "contatto", "联系人", "聯絡人", "담당자", "負責人",
	}},
	{POC, weak, []string{"responsible", "zuständig", "responsable", "responsável", "responsabile", "contact", "name", "nom", "nombre", "nome", "naam", "担当", "氏名", "お名前"}},

	{POCContact, strong, []string{
		"phone number or email for poc", "phone number or email of poc", "phone or email for poc", "phone number or email", "phone number / email for poc", "phone/email for poc", "phone number and email for poc", "poc phone number or email", "poc phone or email", "email or phone number for poc", "email or phone for poc", "phone number or email for point of contact", "phone number or e-mail address for poc", "phone or email of poc", "contact details for poc", "phone number or email address for poc", "phone no or email for poc",
		"telefonnummer oder e-mail des ansprechpartners", "telefon oder e-mail des ansprechpartners", "telefonnummer oder e-mail der kontaktperson", "telefonnummer oder e-mail für ansprechpartner", "telefonnummer oder e-mail", "telefon oder e-mail", "telefon/e-mail des ansprechpartners", "telefonnummer oder e-mail-adresse des ansprechpartners", "telefon oder e-mail der kontaktperson", "kontaktdaten des ansprechpartners", "telefonnummer oder e-mail-adresse", "telefonnummer oder e-mail des kontakts", "telefon bzw e-mail des ansprechpartners", "telefon oder e-mail für ansprechpartner",
		"téléphone ou e-mail du contact", "numéro de téléphone ou e-mail du contact", "téléphone ou courriel du contact", "numéro de téléphone ou adresse e-mail du contact", "téléphone ou e-mail du point de contact", "numéro de téléphone ou e-mail du point de contact", "téléphone ou e-mail", "numéro de téléphone ou e-mail", "téléphone ou courriel", "téléphone/e-mail du contact", "numéro de téléphone ou courriel du contact", "numéro de téléphone ou email de l'interlocuteur", "téléphone ou e-mail de l'interlocuteur", "téléphone ou mail du contact", "numéro de téléphone ou courriel", "coordonnées du contact", "téléphone ou email de l'interlocuteur", "numéro de téléphone ou adresse e-mail", "numéro de téléphone ou e-mail pour le contact",
		"teléfono o correo del contacto", "teléfono o correo electrónico del contacto", "número de teléfono o correo del contacto", "número de teléfono o correo electrónico del contacto", "teléfono o correo electrónico", "teléfono o correo", "teléfono o email del contacto", "teléfono o e-mail", "número de teléfono o correo electrónico del punto de contacto", "teléfono o correo del punto de contacto", "teléfono o correo electrónico del punto de contacto", "número de teléfono o correo electrónico", "número de teléfono o email del contacto", "teléfono/correo del contacto", "datos del contacto",
		"telefone ou e-mail do contato", "telefone ou e-mail do contacto", "número de telefone ou e-mail do contato", "número de telefone ou e-mail do contacto", "telefone ou e-mail", "telefone ou email do ponto de contato", "telefone ou e-mail do ponto de contacto", "número de telefone ou e-mail do ponto de contato", "número de telefone ou e-mail", "telefone/e-mail do contato", "número de telefone ou e-mail do ponto de contacto",
		"telefono o e-mail del contatto", "telefono o email del referente", "numero di telefono o e-mail del contatto", "numero di telefono o e-mail del referente", "telefono o e-mail", "telefono o email del punto di contatto", "numero di telefono o email del punto di contatto", "numero di telefono o e-mail", "telefono/email del referente", "telefono o indirizzo e-mail del referente", "telefono o e-mail della persona di contatto", "recapiti del referente", "recapito del referente",
		"telefoonnummer of e-mail van contactpersoon", "telefoonnummer of e-mail van de contactpersoon", "telefoon of e-mail van contactpersoon", "telefoon of e-mail contactpersoon", "telefoonnummer of e-mailadres van contactpersoon", "telefoonnummer of e-mail", "telefoon of e-mail", "telefoonnummer of e-mailadres contactpersoon", "telefoonnummer of e-mailadres", "telefoon of e-mail van de contactpersoon", "telefoonnummer of e-mailadres van de contactpersoon", "telefoon/e-mail contactpersoon", "telefoonnummer of e-mail aanspreekpunt", "telefoonnummer of e-mail contactpersoon", "telefoonnummer of e-mail voor contactpersoon",
		"担当者の電話番号またはメールアドレス", "担当者の電話番号またはメール", "電話番号またはメールアドレス", "電話番号またはメール", "電話番号かメール", "担当者の連絡先", "連絡先電話番号またはメール", "連絡先電話番号またはメールアドレス", "窓口の電話番号またはメールアドレス", "電話またはメール", "電話番号/メールアドレス", "電話/メール", "電話番号又はメールアドレス", "担当者連絡先", "電話番号もしくはメールアドレス", "ご担当者の電話番号またはメールアドレス", "窓口の電話番号またはメール", "担当者の電話またはメール", "電話番号・メールアドレス", "連絡先の電話番号またはメールアドレス", "連絡先の電話番号またはメール", "窓口の連絡先",
	}},
	{POCContact, good, []string{
		"how to reach them", "how to reach the poc", "reach us at", "rückrufnummer", "rückruf unter", "callback number",
		"phone/email", "phone email", "email/phone", "email phone", "phone or email", "email or phone", "phone number/email", "phone number email", "phone & email", "phone and email", "email and phone", "tel/email", "tel or email", "telephone/email", "telephone or email", "telephone number or email", "mobile or email", "poc contact", "poc contact details", "poc phone", "poc email", "poc phone/email", "poc phone number", "poc e-mail", "poc details", "poc tel", "poc mobile", "poc contact info", "poc email or phone", "poc info", "poc number", "poc email address",
		"contact details", "contact info", "contact information", "contact phone", "contact email", "contact number", "contact phone/email", "contact phone or email", "contact no", "phone for poc", "email for poc", "phone number for poc", "phone number or email for contact", "email address for poc", "email of poc", "phone of poc", "phone/email of poc", "phone/mail", "phone or mail", "phone no/email", "phone number or mail", "phone number/email for the poc", "reachable at", "how to reach poc", "how to reach", "number or email for poc", "contact phone number", "contact email address", "phone or email for contact", "phone nr/email", "ph/email",
		"tel/e-mail", "tel oder e-mail", "tel bzw e-mail", "tel/mail des ansprechpartners", "tel/e-mail des ansprechpartners", "tel oder e-mail des ansprechpartners", "tél/e-mail du contact", "tél ou e-mail du contact", "tél/mail du contact", "tél/e-mail de l'interlocuteur", "tel/e-mail del referente", "tel o e-mail del referente", "tel/e-mail del contatto", "tel o e-mail", "tel/e-mail contactpersoon", "tel/e-mail van contactpersoon", "tel of e-mail contactpersoon", "tel/email del contacto", "tel/correo del contacto", "tel o correo del contacto", "tel/e-mail do contato", "tel ou e-mail do contato", "tel/e-mail for poc", "tel or email for poc", "tel/email of poc",
		"telefon/e-mail", "telefon / mail", "kontaktdaten", "erreichbar unter", "rufnummer", "telefonnummer/e-mail", "téléphone/e-mail", "tél/email", "tél ou e-mail", "coordonnées", "téléphone / courriel", "teléfono/correo", "teléfono / email", "tel/correo", "datos de contacto", "telefone/e-mail", "dados de contato", "dados para contato", "contato telefônico ou e-mail", "telefono/email", "recapito", "recapiti", "tel/mail", "telefoon/e-mail", "contactgegevens", "telefoonnummer/e-mail", "tel of mail", "bereikbaar via", "bereikbaar op",
		"連絡先", "ご連絡先", "電話・メール", "電話メール", "電話或電郵", "電話或電子郵件", "电话或邮件", "联系方式", "联系电话", "电话或邮箱", "联系电话或邮箱", "聯絡方式", "연락처", "电话/邮箱", "联系电话/邮箱",
	}},
	{POCContact, weak, []string{"reach at", "e-mail-adresse", "email adresse", "phone", "phone number", "email", "e-mail address", "email address", "tel", "telephone", "telephone number", "mobile", "mobile number", "cell", "telefon", "telefonnummer", "téléphone", "courriel", "teléfono", "correo", "correo electrónico", "telefone", "telefono", "telefoon", "telefoonnummer", "handy", "mail", "電話", "電話番号", "メール", "メールアドレス", "phone no", "ph", "tél", "callback number", "call back number", "mobil", "tel no", "tlf", "电话", "邮箱"}},

	{Comments, strong, []string{
		"additional comments", "additional comment", "additional notes", "additional information", "further comments", "other comments", "additional remarks", "any additional comments", "additional info", "more comments",
		"zusätzliche kommentare", "zusätzlicher kommentar", "weitere kommentare", "weitere anmerkungen", "zusätzliche anmerkungen", "zusätzliche bemerkungen", "weitere bemerkungen", "zusätzliche informationen", "weitere informationen", "ergänzende kommentare", "ergänzende anmerkungen", "zusaetzliche kommentare", "zusätzliche hinweise", "weitere hinweise",
		"commentaires supplémentaires", "commentaires additionnels", "commentaires complémentaires", "autres commentaires", "remarques supplémentaires", "informations complémentaires", "commentaire supplémentaire", "informations supplémentaires", "commentaire additionnel", "remarques complémentaires",
		"comentarios adicionales", "comentario adicional", "otros comentarios", "observaciones adicionales", "información adicional", "notas adicionales", "más comentarios",
		"comentários adicionais", "comentário adicional", "outros comentários", "observações adicionais", "informações adicionais", "notas adicionais",
		"commenti aggiuntivi", "ulteriori commenti", "altri commenti", "note aggiuntive", "osservazioni aggiuntive", "ulteriori informazioni", "informazioni aggiuntive", "ulteriori osservazioni", "commenti supplementari", "ulteriori note",
		"aanvullende opmerkingen", "extra opmerkingen", "overige opmerkingen", "aanvullende informatie", "bijkomende opmerkingen", "verdere opmerkingen", "aanvullende opmerking", "extra informatie", "aanvullend commentaar",
		"追加コメント", "その他コメント", "補足事項", "補足コメント", "追記事項", "追加のコメント", "その他のコメント", "追加情報", "特記事項", "その他", "補足説明", "追加事項", "その他連絡事項",
	}},
	{Comments, good, []string{
		"further details", "zusatzinfo",
		"comments", "comment", "remarks", "remark", "other remarks", "any comments", "any other comments", "other information", "other info", "add comments", "addl comments", "add'l comments", "additional details", "extra comments", "add comment", "obs", "observação", "cmts", "cmt", "cmnts", "cmnt", "anything else", "further information", "further remarks", "further notes", "background", "comments/notes", "comments / remarks",
		"kommentar", "kommentare", "bemerkung", "bemerkungen", "anmerkung", "anmerkungen", "sonstiges", "commentaire", "commentaires", "remarque", "remarques", "comentario", "comentarios", "observaciones", "comentário", "comentários", "observações", "observação", "commento", "commenti", "osservazioni", "opmerking", "opmerkingen", "コメント", "備考", "補足", "备注", "附加说明", "其他说明", "補充說明", "비고", "추가 의견", "toelichting",
	}},
	{Comments, weak, []string{"notas", "notes", "note", "details", "description", "hinweise", "info", "information", "hinweis", "notizen"}},
}
