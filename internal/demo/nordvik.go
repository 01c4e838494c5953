package demo

import "github.com/keyhall/keyhall/internal/licensing"

var groupLicences = []licence{
	{
		number: "74120977", organisation: nordvik, programme: enterpriseSubscription, kind: licensing.KindEnrolment,
		agreement: "74120977", term: until(19, 3),
		holds: wholePool("74120977", 2500, 1150,
			holding{product: office24Pro, bought: 1500, keys: keys(mak(1204, 2500), kms(5))},
			holding{product: office365, bought: 1500, keys: keys(osa(500, licensing.OSARedeemed), osa(500, licensing.OSARedeemed), osa(500, licensing.OSAAvailable))}),
	},
	{
		number: "6120044", organisation: nordvik, programme: mpsa, kind: licensing.KindPurchaseAccount,
		agreement: "0004827716", term: until(9, 3),
		holds: []holding{
			{product: win11Ent, bought: 400, keys: keys(kms(2))},
			{product: ws25DC, bought: 12, keys: keys(kms(4))},
			{product: ws22DC, bought: 8, keys: keys(kms(3)), gone: 2},
			{product: office24Std, bought: 260, keys: keys(kms(1))},
			{product: office24Mac, bought: 35, keys: keys(vlk())},
			{product: sharePoint19, bought: 2, keys: keys(vlk())},
			{product: sysCenter22, bought: 12, keys: keys(setup())},
			{product: visual22, bought: 18, keys: keys(setup())},
			{product: exchangePlan, bought: 150, keys: keys(osa(50, licensing.OSARedeemed), osa(50, licensing.OSARedeemed), osa(25, licensing.OSAAvailable), osa(25, licensing.OSAAvailable))},
			{product: sql22Ent, bought: 16},
			{product: rds25, bought: 120},
			{product: ws25CAL, bought: 900},
		},
	},
	{
		number: "01834462", organisation: nordvik, programme: ea, kind: licensing.KindEnrolment,
		agreement: "01834462", term: until(-17, 3),
		holds: []holding{
			{product: office16Pro, bought: 900, keys: keys(mak(873, 1000), kms(6)), gone: 900},
			{product: win10LTSC21, bought: 60, keys: keys(mak(58, 250))},
			{product: ws19Std, bought: 20, keys: keys(mak(31, 100), kms(3)), gone: 14},
			{product: sql19Std, bought: 8},
		},
	},
}
