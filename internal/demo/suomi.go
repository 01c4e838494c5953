package demo

import "github.com/keyhall/keyhall/internal/licensing"

var suomiLicences = []licence{
	{
		number: "74120935", organisation: suomi, programme: ea, kind: licensing.KindEnrolment,
		agreement: "74120935", term: until(19, 3),
		holds: []holding{
			{product: office24Pro, bought: 340, keys: keys(mak(98, 100).ending("X4T9B"), kms(4).ending("T6J2K"))},
			{product: office21Pro, bought: 120, keys: keys(mak(61, 250), kms(2)), gone: 40},
			{product: project24, bought: 20, keys: keys(mak(14, 50))},
			{product: visio24, bought: 30, keys: keys(mak(22, 50))},
			{product: office24Mac, bought: 12, keys: keys(vlk())},
			{product: visual22, bought: 9, keys: keys(setup())},
			{product: office365, bought: 50, keys: keys(osa(25, licensing.OSARedeemed), osa(25, licensing.OSAAvailable))},
			{product: win11LTSC24, bought: 340, keys: keys(mak(212, 500).ending("PQ7WD"), mak(40, 50).ending("M3HRF"))},
			{product: win11Ent, bought: 340, keys: keys(mak(118, 500), kms(3))},
			{product: win10LTSC21, keys: keys(mak(87, 100), kms(1))},
			{product: win10ESU1, bought: 140, keys: keys(mak(131, 200))},
			{product: win10ESU2, bought: 60, keys: keys(mak(0, 100).in(41))},
			{product: ws25DC, bought: 6, keys: keys(kms(6).ending("B8VNG"), mak(3, 50))},
			{product: ws25Std, bought: 14, keys: keys(mak(4, 50), kms(2))},
			{product: ws22Std, bought: 10, keys: keys(mak(31, 50), kms(5))},
			{product: ws19Std, keys: keys(mak(9, 50), kms(1))},
			{product: exchange19, bought: 2, keys: keys(setup())},
			{product: sysCenter22, bought: 6, keys: keys(setup())},
			{product: sql22Std, bought: 4},
			{product: rds25, bought: 80},
			{product: ws25CAL, bought: 340},
		},
	},
	{
		number: "5530742", organisation: suomi, programme: openLicense, kind: licensing.KindLicence,
		authorisation: "91204418ZZE2409", term: since(26),
		holds: []holding{
			{product: office21Std, bought: 25, keys: keys(mak(24, 50))},
			{product: project24, bought: 5, keys: keys(mak(3, 50))},
			{product: ws22Std, bought: 2, keys: keys(mak(2, 25))},
			{product: rds22, bought: 15},
			{product: ws22CAL, bought: 40},
		},
	},
	{
		number: "V7104418", organisation: suomi, programme: openValueSubscription, kind: licensing.KindAgreement,
		agreement: "V7104418", term: until(11, 3),
		holds: []holding{
			{product: office24Std, bought: 30, keys: keys(mak(28, 60))},
			{product: win11Pro, bought: 30, keys: keys(mak(25, 60))},
			{product: exchange19, bought: 1, keys: keys(setup())},
			{product: exchangeCAL, bought: 30},
		},
	},
	{
		number: "6120071", organisation: suomi, programme: mpsa, kind: licensing.KindPurchaseAccount,
		agreement: "0004827733", term: until(9, 3),
		holds: []holding{
			{product: ws25Std, bought: 8, keys: keys(kms(1), mak(6, 50))},
			{product: visual22, bought: 4, keys: keys(setup())},
			{product: exchangePlan, bought: 25, keys: keys(osa(25, licensing.OSAAvailable))},
			{product: sql22Std, bought: 2},
		},
	},
	{
		number: "4417096", organisation: suomi, programme: selectForecast, kind: licensing.KindEnrolment,
		agreement: "4417096", term: until(-29, 3),
		holds: []holding{
			{product: office16Pro, bought: 220, keys: keys(mak(219, 250)), gone: 220},
			{product: ws19Std, bought: 9, keys: keys(mak(11, 50), kms(2)), gone: 3},
		},
	},
}
