package demo

import "github.com/keyhall/keyhall/internal/licensing"

var canadaLicences = []licence{
	{
		number: "74166042", organisation: canada, programme: ea, kind: licensing.KindEnrolment,
		agreement: "74166042", term: until(22, 3),
		holds: []holding{
			{product: win11Ent, bought: 300, keys: keys(mak(138, 150))},
		},
	},
}
