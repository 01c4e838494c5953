package demo

import "github.com/keyhall/keyhall/internal/licensing"

// olderRequests are nearly all closed. What was granted here the tables don't know: it
// comes on top of what they say.
var olderRequests = []request{
	{
		ingrid, 34 * day,
		more("74133208", win11Ent, 100, "Kontormaskinene i Trondheim installeres på nytt. Nitten aktiveringer er igjen, og det gjenstår hundre maskiner."),
		[]turn{
			approves(sofia, 34*day-5*hour, licensing.Decision{Quantity: "100", Code: "reimaging", Message: "Innvilget. Nøkkelen har hundre aktiveringer til."}),
		},
	},
	{
		pieter, 27 * day,
		more("S2047731", office24Pro, 400, "Vierhonderd nieuwe laptops in Utrecht. Ze zijn maandenlang niet op het netwerk; KMS past daar niet bij."),
		[]turn{
			assigns(samuel, 27*day-2*hour),
			approves(samuel, 27*day-9*hour, licensing.Decision{Quantity: "200", Code: "growth", Message: "Tweehonderd toegekend: genoeg voor de eerste levering. Vraag de rest aan zodra de tweede levering vaststaat."}),
		},
	},
	{
		frode, 23 * day,
		firstHost("V5512083", office21Std, 10, "Tolv maskiner i et nett uten internett. Med en KMS-vert slipper vi å aktivere hver av dem på telefon."),
		[]turn{
			approves(sofia, 23*day-20*hour, licensing.Decision{Quantity: "10", Code: "licences_cover", Message: "Innvilget. Nøkkelen står nå på lisens-ID V5512083 og gjelder for én vert."}),
		},
	},
	{
		kevin, 19 * day,
		more("V6380217", visio24, 100, "Vi tar i bruk Visio på alle prosjektkontorene."),
		[]turn{
			rejects(samuel, 19*day-3*hour, "enough_left", "Av femti aktiveringer er 48 igjen, og dere har kjøpt fire lisenser. Spør igjen når nøkkelen begynner å bli brukt opp."),
		},
	},
	{
		kaisa, 16 * day,
		anything("74120935", "Mistä löydämme SQL Server 2022 Standardin tuoteavaimen? Avainluettelossa sitä ei ole."),
		[]turn{
			approves(sofia, 16*day-90*minute, licensing.Decision{Message: "Avain on asennustietovälineellä tiedostossa x64\\DefaultSetup.ini, ja asennusohjelma täyttää sen itse."}),
		},
	},
	{
		kaisa, 14 * day,
		more("74120935", win10ESU1, 60, "Kuusikymmentä konetta lisää tarvitsee laajennetut tietoturvapäivitykset."),
		[]turn{withdraws(kaisa, 13*day, "Koneet vaihdetaankin uusiin, joten aktivointeja ei tarvita.")},
	},
	{
		astrid, 12 * day,
		more("84410026", win11Edu, 250, "Et nytt kull får bærbare maskiner: 240 av dem."),
		[]turn{
			notes(sofia, 12*day-4*hour, "Ordered from "+schoolVendor+" by telephone."),
			approves(sofia, 12*day-6*hour, licensing.Decision{Quantity: "250", Code: "hardware", Reference: "LL-58213", Message: "Innvilget. Leverandøren bekrefter den nye totalen med sin neste nøkkelfil."}),
		},
	},
	{
		erik, 9 * day,
		moreHosts("74128816", ws25Std, 20, "Två nya värdar till testmiljön."),
		[]turn{rejects(sofia, 9*day-2*hour, "enough_left", "Tre av sex värdar är lediga. Använd dem först.")},
	},
	{
		anna, 8 * day,
		moreHosts("74120977", office24Pro, 20, "Two more data centres, each with a host of its own."),
		[]turn{approves(samuel, 8*day-7*hour, licensing.Decision{Quantity: "20", Code: "growth", Message: "Granted: two hosts more."})},
	},
	{
		frode, 6 * day,
		more("74150113", office24Pro, 400, "Fire hundre maskiner til skoler og sykehjem."),
		[]turn{
			asks(sofia, 6*day-5*hour, "Er maskinene nye, eller erstatter de andre?"),
			answers(frode, 5*day-7*hour, "De fleste erstatter andre. Rundt hundre er nye."),
			approves(sofia, 5*day-10*hour, licensing.Decision{Quantity: "100", Code: "replacement", Message: "Hundre innvilget, en for hver ny maskin. For resten holder det som er igjen."}),
		},
	},
	{
		ingrid, 5 * day,
		firstHost("V6380217", ws25Std, 10, "Vi vil aktivere serverne våre uten internett."),
		[]turn{
			rejects(sofia, 5*day-8*hour, "below_threshold", "En KMS-vert svarer først når fem servere spør den, og dere har kjøpt fire lisenser. MAK-nøkkelen på samme lisens-ID virker på hver av dem."),
		},
	},
	{
		kaisa, 4 * day,
		more("74120935", ws22Std, 50, "Uuteen konesaliin tulee lisää palvelimia."),
		[]turn{
			assigns(samuel, 4*day-3*hour),
			asks(samuel, 4*day-4*hour, "Kuinka monta palvelinta tulee, ja korvaavatko ne vanhoja?"),
		},
	},
	{
		signe, 3 * day,
		more("V5512083", visio24, 50, "Femtio konsulter ska rita i Visio åt kommunen."),
		[]turn{
			rejects(samuel, 3*day-6*hour, "no_licences", "Kommunen har köpt sex licenser, och nyckeln räcker till fler än så. Köp licenser först."),
		},
	},
}
