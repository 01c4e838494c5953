package demo

import "github.com/keyhall/keyhall/internal/licensing"

var fjellheimLicences = []licence{
	{
		number: "74150113", organisation: fjellheim, programme: ea, kind: licensing.KindEnrolment,
		agreement: "74150113", term: until(15, 3),
		holds: []holding{
			{product: office24Pro, bought: 420, keys: keys(mak(366, 600), kms(4))},
			{product: win11Ent, bought: 420, keys: keys(mak(122, 600), kms(3))},
			{product: ws25Std, bought: 12, keys: keys(mak(10, 50), kms(3), mak(3, 50).ending(spilt))},
			{product: win10ESU2, bought: 90, keys: keys(mak(0, 100).in(41))},
			{product: sql22Std, bought: 4},
			{product: rds25, bought: 150},
			{product: ws25CAL, bought: 420},
		},
	},
	{
		number: "84410026", organisation: school, programme: academic, kind: licensing.KindEnrolment,
		agreement: "84410026", term: until(8, 1),
		holds: []holding{
			{product: win11Edu, bought: 620, keys: keys(mak(587, 750), kms(2))},
			{product: office24Std, bought: 620, keys: keys(mak(203, 750), kms(2))},
			{product: office24Mac, bought: 40, keys: keys(vlk())},
			{product: visual22, bought: 30, keys: keys(setup())},
		},
	},
	{
		number: "V5512083", organisation: fjellheim, programme: openValue, kind: licensing.KindAgreement,
		agreement: "V5512083", term: until(14, 3),
		holds: []holding{
			{product: visio24, bought: 6, keys: keys(mak(5, 50))},
			{product: office21Std, bought: 12, keys: keys(mak(8, 50))},
			{product: exchange19, bought: 1, keys: keys(setup())},
			{product: exchangePlan, bought: 50, keys: keys(osa(25, licensing.OSARedeemed), osa(25, licensing.OSAAvailable))},
			{product: exchangeCAL, bought: 100},
		},
	},
	{
		number: "5541207", organisation: school, programme: openLicense, kind: licensing.KindLicence,
		authorisation: "91311852ZZE2408", term: since(27),
		holds: []holding{
			{product: project24, bought: 10, keys: keys(mak(9, 50))},
			{product: rds22, bought: 30},
		},
	},
	{
		number: "4420115", organisation: fjellheim, programme: selectForecast, kind: licensing.KindEnrolment,
		agreement: "4420115", term: until(-20, 3),
		holds: []holding{
			{product: office21Pro, bought: 150, keys: keys(mak(148, 250)), gone: 150},
			{product: ws22Std, bought: 6, keys: keys(mak(7, 50))},
		},
	},
}
