package demo

import "github.com/keyhall/keyhall/internal/licensing"

var norgeLicences = []licence{
	{
		number: "V6380217", organisation: norge, programme: openValue, kind: licensing.KindAgreement,
		agreement: "V6380217", term: inDays(24, 3),
		holds: []holding{
			{product: office24Std, bought: 50, keys: keys(mak(31, 75))},
			{product: office21Std, bought: 60, keys: keys(mak(64, 150)), gone: 50},
			{product: visio24, bought: 4, keys: keys(mak(2, 50))},
			{product: win11Pro, bought: 70, keys: keys(mak(47, 150))},
			{product: ws25Std, bought: 4, keys: keys(mak(5, 50))},
			{product: exchange19, bought: 1, keys: keys(setup())},
			{product: visual22, bought: 3, keys: keys(setup())},
			{product: office365, bought: 50, keys: keys(osa(25, licensing.OSARedeemed), osa(25, licensing.OSAAvailable))},
			{product: sql22Std, bought: 1},
			{product: rds25, bought: 20},
			{product: ws25CAL, bought: 50},
		},
	},
	{
		number: "74133208", organisation: norge, programme: ea, kind: licensing.KindEnrolment,
		agreement: "74133208", term: until(7, 3),
		holds: []holding{
			{product: office24Pro, bought: 180, keys: keys(mak(96, 250), kms(3))},
			{product: win11Ent, bought: 180, keys: keys(mak(231, 250), kms(2))},
			{product: win11LTSC24, bought: 25, keys: keys(mak(12, 50))},
			{product: ws25DC, bought: 4, keys: keys(mak(2, 50), kms(3))},
			{product: ws22DC, bought: 4, keys: keys(mak(6, 50), kms(1)), gone: 4},
			{product: sharePoint19, bought: 1, keys: keys(vlk())},
			{product: sql22Ent, bought: 8},
			{product: ws25CAL, bought: 180},
		},
	},
	{
		number: "5530961", organisation: norge, programme: openLicense, kind: licensing.KindLicence,
		authorisation: "91204467ZZE2502", term: since(21),
		holds: []holding{
			{product: project24, bought: 8, keys: keys(mak(7, 50))},
			{product: office24Mac, bought: 6, keys: keys(vlk())},
			{product: rds25, bought: 10},
		},
	},
	{
		number: "V4027731", organisation: norge, programme: openValue, kind: licensing.KindAgreement,
		agreement: "V4027731", term: until(-35, 3),
		holds: []holding{
			{product: office16Pro, bought: 40, keys: keys(mak(48, 50)), gone: 40},
			{product: ws19Std, bought: 3, keys: keys(mak(4, 25))},
		},
	},
}
