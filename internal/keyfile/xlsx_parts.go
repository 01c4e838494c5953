package keyfile

// What a spreadsheet needs besides its rows. Styles: 1 is a cell whose format is text,
// so that it stays text when someone edits it, 2 the same in bold.
const (
	styleText    = `" s="1" `
	styleHeading = `" s="2" `

	sheetName = "xl/worksheets/sheet1.xml"
	xmlHead   = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

	mainNS = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	docNS  = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	pkgNS  = `http://schemas.openxmlformats.org/package/2006/`
	mime   = `application/vnd.openxmlformats-officedocument.spreadsheetml.`

	// The headings stay in sight, and columns are as wide as what usually stands in them.
	sheetHead = `<worksheet ` + mainNS + `><sheetViews><sheetView workbookViewId="0">` +
		`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`
	keysHead = sheetHead +
		`<cols><col min="1" max="1" width="12" customWidth="1" style="1"/>` +
		`<col min="2" max="4" width="34" customWidth="1" style="1"/>` +
		`<col min="5" max="5" width="36" customWidth="1" style="1"/>` +
		`<col min="6" max="6" width="12" customWidth="1" style="1"/>` +
		`<col min="7" max="9" width="16" customWidth="1" style="1"/></cols><sheetData>`
	tableHead = sheetHead + `<cols><col min="1" max="26" width="24" customWidth="1" style="1"/></cols><sheetData>`
	sheetTail = `</sheetData></worksheet>`
)

var sheetParts = []struct{ name, text string }{
	{"[Content_Types].xml", `<Types xmlns="` + pkgNS + `content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="` + mime + `sheet.main+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="` + mime + `styles+xml"/>` +
		`<Override PartName="/` + sheetName + `" ContentType="` + mime + `worksheet+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="` + pkgNS + `relationships">` +
		`<Relationship Id="rId1" Type="` + docNS + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", `<workbook ` + mainNS + ` xmlns:r="` + docNS + `">` +
		`<sheets><sheet name="Keyhall" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + pkgNS + `relationships">` +
		`<Relationship Id="rId1" Type="` + docNS + `/worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="rId2" Type="` + docNS + `/styles" Target="styles.xml"/></Relationships>`},
	{"xl/styles.xml", `<styleSheet ` + mainNS + `>` +
		`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>` +
		`<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
		`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
		`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
		`<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
		`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
		`<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs>` +
		`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`},
}
