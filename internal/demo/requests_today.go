package demo

// todaysRequests are open: overdue, nearly due, fresh, or waiting for the customer. None
// is about the MAK X4T9B of 74120935, for which everyone may ask anew.
var todaysRequests = []request{
	{
		kaisa, 34 * hour,
		firstHost("5530742", office21Std, 10, "Kaksikymmentäviisi konetta verkossa, josta ei pääse internetiin."),
		[]turn{
			assigns(samuel, 30*hour),
			notes(samuel, 29*hour, "No host key of this product is left in stock. I have asked Olli to take some in."),
		},
	},
	{
		pieter, 30 * hour,
		anything("S2047731", "Onze installatiemedia voor Office LTSC 2021 vragen om een productcode. Welke moeten we gebruiken?"),
		[]turn{asks(sofia, 27*hour, "Welke editie staat er op de media: Standard of Professional Plus?")},
	},
	{
		ingrid, 23*hour + 25*minute,
		firstHost("V6380217", win11Pro, 20, "Sytti maskiner på et lager uten internett. Å aktivere dem på telefon tar for lang tid."),
		[]turn{assigns(sofia, 20*hour)},
	},
	{
		anna, 22*hour + 58*minute,
		more("74120935", win11LTSC24, 200, "Two hundred laptops for the schools in Tampere. They leave the network for months, so KMS does not suit them."),
		[]turn{
			asks(sofia, 22*hour+30*minute, "Are the laptops replacing others, or are they in addition?"),
			answers(anna, 20*hour+20*minute, "In addition. The old ones stay in use until spring."),
			notes(samuel, 7*hour+35*minute, "Order confirmed by the reseller, 200 pieces."),
		},
	},
	{
		anna, 14 * hour,
		more("74166042", win11Ent, 100, "The Toronto office moves to new laptops, a hundred of them within three weeks."), nil,
	},
	{
		frode, 9 * hour,
		more("84410026", office24Std, 250, "Office skal på alle elevmaskinene på ungdomsskolen."), nil,
	},
	{
		kaisa, 7 * hour,
		moreHosts("74120935", ws22Std, 10, "Toinen konesali tarvitsee oman KMS-isännän."), nil,
	},
	{
		kevin, 5 * hour,
		more("V6380217", ws25Std, 20, "Fire servere i testmiljøet installeres på nytt hver måned."), nil,
	},
	{
		sofia, 3 * hour,
		behalf(erik, more("5530918", win11Pro, 30, "Asked by telephone. Thirty computers in Umeå have to be installed anew.")), nil,
	},
	{
		kaisa, 40 * minute,
		more("6120071", ws25Std, 50, "Tampereen uuteen palvelinhuoneeseen tulee neljäkymmentä virtuaalikonetta."), nil,
	},
	{
		anna, 12 * minute,
		anything("", "May Nordvik Norge use keys of Nordvik Suomi until its own order has arrived?"), nil,
	},
}
