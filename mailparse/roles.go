package mailparse

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// roleWords name people by what they do and the groups they work in: a support
// desk's mails are signed by those as often as by names.
var roleWords = newPhrases(`manager,managers,mgr,lead,leader,head,chief,director,supervisor,officer,engineer,engineers,technician,technicians,tech,operator,operators,administrator,administrators,admin,admins,sysadmin,coordinator,controller,dispatcher,planner,analyst,specialist,consultant,advisor,adviser,assistant,secretary,clerk,agent,representative,rep,
buyer,purchaser,accountant,auditor,treasurer,bookkeeper,counsel,lawyer,foreman,forewoman,keeper,warden,guard,porter,caretaker,janitor,master,captain,skipper,pilot,driver,conductor,inspector,nurse,matron,vet,veterinarian,doctor,physician,surgeon,pharmacist,midwife,teacher,principal,librarian,curator,archivist,researcher,scientist,professor,trainee,intern,apprentice,
baker,cook,chef,host,concierge,receptionist,editor,producer,designer,developer,programmer,architect,mechanic,electrician,plumber,fitter,farmer,gardener,forester,ranger,brewer,owner,founder,president,chair,chairman,chairwoman,chairperson,steward,boss,buildings,registrar,bursar,verger,sexton,deputy,marshal,sergeant,lieutenant,commander,major,colonel,
team,teams,desk,helpdesk,shift,office,crew,staff,ops,operations,support,service,services,department,dept,division,section,unit,group,cell,squad,room,centre,center,hub,control,lab,laboratory,workshop,stores,warehouse,depot,yard,station,bureau,board,committee,watch,dispatch,reception,procurement,purchasing,logistics,facilities,maintenance,security,accounts,accounting,finance,payroll,hr,
legal,compliance,engineering,relations,infrastructure,administration,management,noc,soc,
abteilung,abteilungsleiter,abteilungsleiterin,leiter,leiterin,leitung,schicht,schichtleiter,schichtleiterin,schichtleitung,nachtschicht,frühschicht,spätschicht,meister,meisterin,werkmeister,hausmeister,techniker,technikerin,ingenieur,ingenieurin,sachbearbeiter,sachbearbeiterin,disponent,disponentin,disposition,leitstelle,leitstand,werkstatt,werkstattleiter,betriebsleiter,betriebsleiterin,betriebsleitung,
geschäftsleitung,verwaltung,buchhaltung,einkauf,vertrieb,versand,lager,lagerleiter,lagerleitung,bereitschaft,bereitschaftsdienst,empfang,sekretariat,vorstand,vorzimmer,instandhaltung,büro,zentrale,dienststelle,betrieb,technik,
responsable,cheffe,directeur,directrice,gérant,gérante,ingénieur,technicien,technicienne,équipe,atelier,secrétariat,régie,régisseur,exploitation,permanence,astreinte,comptabilité,accueil,standard,direction,coordonnateur,coordonnatrice,gestionnaire,chargé,chargée,logistique,
jefe,jefa,encargado,encargada,directora,gerente,ingeniero,ingeniera,técnico,técnica,turno,equipo,oficina,taller,almacén,mantenimiento,administración,contabilidad,recepción,secretaría,coordinador,coordinadora,operaciones,guardia,dirección,departamento,área,
chefe,encarregado,encarregada,diretor,diretora,gestor,gestora,engenheiro,engenheira,coordenador,coordenadora,supervisora,equipe,equipa,escritório,armazém,manutenção,administração,contabilidade,secretaria,plantão,operação,operações,gerência,direção,setor,sector,
responsabile,direttore,direttrice,capo,capoturno,ingegnere,tecnico,tecnica,squadra,ufficio,officina,magazzino,manutenzione,amministrazione,contabilità,segreteria,direzione,reparto,addetto,addetta,coordinatore,coordinatrice,assistenza,
hoofd,leidinggevende,ploeg,nachtploeg,ploegleider,ploegbaas,monteur,beheerder,beheer,planning,kantoor,werkplaats,magazijn,administratie,boekhouding,receptie,secretariaat,afdeling,balie,meldkamer,storingsdienst,coördinator,teamleider,medewerker`).phrases

// finite are verbs that no name and no title holds.
var finite = newPhrases("is,are,was,were,has,have,had,would,cannot,can t,should,does,did,doesn t,didn t,isn t,knows,says,said,needs,wants,waits,works,fails,ist,sind,hat,haben,wird,werden,muss,est,sont,está,están,estão,são,heeft,hebben,moet").phrases

// tellsSomething says whether one of the commonest verbs is in a line.
func tellsSomething(s string) bool {
	for w := range strings.FieldsSeq(s) {
		if len(w) <= 7 && finite[strings.ToLower(w)] {
			return true
		}
	}
	return false
}

// doing are words that make a sentence of a line that names a role: "Ask the
// night desk".
var doing = newPhrases(`call,ask,contact,ring,phone,email,mail,inform,send,see,use,try,check,replace,restart,tell,notify,escalate,involve,include,copy,need,needs,want,wants,please,no,not,urgent,via,attn,through,is,are,was,were,has,have,had,will,would,can,cannot,must,should,does,did,says,said,waits,waiting,down,closed,open,opens,works,knows,fails,failed,stopped,stops,affected,
bitte,anrufen,fragen,melden,ist,sind,hat,haben,muss,steht,geschlossen,appelez,demandez,contactez,voir,est,sont,a,ont,fermé,llame,llamen,pregunte,avise,está,están,tiene,cerrado,ligue,ligar,peça,estão,fechado,chiamare,chiedere,avvisare,è,sono,ha,hanno,chiuso,bel,vraag,meld,heeft,hebben,moet,staat,gesloten`).phrases

// isRole says whether a short line names a role or a group and says nothing of
// it: "Night manager", "Head of operations", "Leitung Instandhaltung".
func isRole(s string) bool {
	s = strings.TrimFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".!?:：@;", r)
	})
	if len(s) > 50 || s == "" || endsSentence(s) || strings.ContainsAny(s, ":：@?;") {
		return false
	}
	if firstRune(s) >= 0x2e80 {
		return cjkRole(s)
	}
	words, most := splitWords(s, 7), 6
	if !unicode.IsUpper(firstRune(s)) {
		most = 3 // "front office"
	}
	if len(words) == 0 || len(words) > most {
		return false
	}
	role := false
	for i, w := range words {
		if doing[w.text] || digits(w.text) > 0 && i == 0 {
			return false
		}
		if w.text == "to" && !role {
			return false
		}
		role = role || roleWords[w.text]
	}
	return role
}

// cjkRole says whether a short text of Japanese or Chinese ends in a role.
func cjkRole(s string) bool {
	if utf8.RuneCountInString(s) > 16 {
		return false
	}
	for _, end := range [...]string{"部", "課", "係", "室", "担当", "担当者", "責任者", "主任", "課長", "部長", "班", "チーム", "グループ", "センター", "窓口", "管理者", "经理", "主管", "值班", "部门", "班长"} {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}
