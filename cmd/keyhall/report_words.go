package main

import (
	"github.com/keyhall/keyhall/internal/keyfile"
	"github.com/keyhall/keyhall/internal/licensing"
)

// The terminal speaks English only, as its commands do.

// fileWords go after the file's name.
var fileWords = map[string]string{
	keyfile.FileEmpty:         "is empty",
	keyfile.FileKind:          "is neither text nor an .xlsx workbook",
	keyfile.FileEncoding:      "is not text in UTF-8, UTF-16 or Windows-1252",
	keyfile.FileHeadings:      "lacks columns in its first row",
	keyfile.FileHeadingsTwice: "has a column twice in its first row",
	keyfile.FileWorkbook:      "is a damaged workbook, or has no sheet",
	keyfile.FileTooBig:        "is a workbook that unpacks to too much: save it as tab-separated text",
	keyfile.FileRows:          "has too many rows",
}

// rowWords say what is wrong with a row, or worth a note.
var rowWords = map[string]string{
	keyfile.RowColumns:        "more or fewer cells than headings",
	keyfile.RowLineTooLong:    "the line is over 64 KB",
	keyfile.RowEncoding:       "not text in the file's encoding",
	keyfile.RowControl:        "a control character",
	keyfile.RowBidi:           "a sign that turns the direction of text",
	keyfile.RowTooLong:        "over 1,000 bytes",
	keyfile.RowLicenceMissing: "no licence ID",
	keyfile.RowProductMissing: "no product",
	keyfile.RowKeyMissing:     "no product key",
	keyfile.RowKeyShape:       "not five groups of five letters and digits",
	keyfile.RowKeyElsewhere:   "a product key where none belongs",
	keyfile.RowTypeMissing:    "no type",
	keyfile.RowTypeUnknown:    "none of VL Key, KMS, MAK, OSA, Setup Key",
	keyfile.RowCountShape:     "not used/total",
	keyfile.RowSeatsShape:     "not a number",
	keyfile.RowStatusUnknown:  "neither available nor redeemed",

	licensing.ImportLicenceShape:          "not 7 or 8 digits, nor a letter and 7 digits",
	licensing.ImportLicenceUnknown:        "an unknown licence ID; -create adds it",
	licensing.ImportOrganisationMissing:   "an unknown licence ID needs an organisation",
	licensing.ImportOrganisationUnknown:   "an unknown organisation; -create adds it",
	licensing.ImportOrganisationAmbiguous: "several customers have an organisation of that name",
	licensing.ImportOrganisationTwo:       "a new licence ID that another line gives to another organisation",
	licensing.ImportProgrammeUnknown:      "an unknown programme; the operator adds programmes",
	licensing.ImportProductUnknown:        "an unknown product; -create adds it",
	licensing.ImportLineContradicts:       "a line before says something else about the same key",
	licensing.ImportTypeDiffers:           "the portal has this key with another type",
	licensing.ImportGrantedLowered:        "support has raised this total; -lower-granted lowers it",

	licensing.ImportLineRepeated:        "says the same as a line before",
	licensing.ImportOrganisationDiffers: "the licence ID belongs to another organisation here, and stays there",
	licensing.ImportProgrammeDiffers:    "the licence ID is of another programme here, and stays so",
	licensing.ImportPoolAssumed:         "the file tells no pool of this new product; -pool names it",
	licensing.ImportLicenceUnattended:   "nobody administers this licence ID once it is here",
}

// fieldWords name a column where the file's own heading is not known.
var fieldWords = map[string]string{
	"licence": "licence ID", "organisation": "organisation", "programme": "programme",
	"product": "product", "type": "type", "count": "count",
}
