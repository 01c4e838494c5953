package demo

import "github.com/keyhall/keyhall/internal/licensing"

var sverigeLicences = []licence{
	{
		number: "5530918", organisation: sverige, programme: openLicense, kind: licensing.KindLicence,
		authorisation: "91204473ZZE2411", term: since(24),
		holds: []holding{
			{product: office21Std, bought: 20, keys: keys(mak(12, 50))},
			{product: win11Pro, bought: 20, keys: keys(mak(18, 60))},
			{product: ws22Std, bought: 2, keys: keys(mak(4, 50))},
			{product: exchange19, bought: 1, keys: keys(setup())},
			{product: rds22, bought: 10},
		},
	},
	{
		number: "74128816", organisation: sverige, programme: ea, kind: licensing.KindEnrolment,
		agreement: "74128816", term: until(31, 3),
		holds: []holding{
			{product: office24Pro, bought: 210, keys: keys(mak(144, 300), kms(2))},
			{product: visio24, bought: 15, keys: keys(mak(9, 50))},
			{product: win11Ent, bought: 210, keys: keys(mak(67, 300), kms(2))},
			{product: win10ESU1, bought: 80, keys: keys(mak(74, 100))},
			{product: win10ESU2, bought: 40, keys: keys(mak(0, 60).in(41))},
			{product: ws25Std, bought: 10, keys: keys(mak(8, 50), kms(3))},
			{product: sysCenter22, bought: 4, keys: keys(setup())},
			{product: sql22Std, bought: 3},
			{product: rds25, bought: 60},
			{product: ws25CAL, bought: 210},
		},
	},
	{
		number: "V6691150", organisation: sverige, programme: openValueSubscription, kind: licensing.KindAgreement,
		agreement: "V6691150", term: until(-5, 3),
		holds: []holding{
			{product: office21Pro, bought: 35, keys: keys(mak(33, 75)), gone: 35},
			{product: win10LTSC21, bought: 10, keys: keys(mak(10, 25))},
			{product: exchangeCAL, bought: 35},
		},
	},
}
