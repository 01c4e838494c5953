package demo

import "github.com/keyhall/keyhall/internal/licensing"

var nederlandLicences = []licence{
	{
		number: "S2047731", organisation: nederland, programme: selectPlus, kind: licensing.KindPublicCustomerNumber,
		agreement: "7391045", term: until(28, 3),
		holds: wholePool("S2047731", 500, 380,
			holding{product: office24Pro, bought: 380, keys: keys(mak(410, 500), kms(4))},
			holding{product: office365, bought: 100, keys: keys(osa(50, licensing.OSARedeemed), osa(50, licensing.OSAAvailable))}),
	},
	{
		number: "5530984", organisation: nederland, programme: openLicense, kind: licensing.KindLicence,
		authorisation: "91204490ZZE2503", term: since(20),
		holds: []holding{
			{product: office24Std, bought: 15, keys: keys(mak(15, 50))},
			{product: visual22, bought: 2, keys: keys(setup())},
			{product: sql22Std, bought: 1},
		},
	},
	{
		number: "S1180245", organisation: nederland, programme: selectPlus, kind: licensing.KindPublicCustomerNumber,
		agreement: "7288160", term: until(-41, 3),
		holds: []holding{
			{product: office16Pro, bought: 310, keys: keys(mak(302, 500), kms(4)), gone: 310},
			{product: ws19Std, bought: 16, keys: keys(mak(22, 100), kms(3)), gone: 6},
		},
	},
}
