package licensing

// AuditLine is an entry as it is shown, with the number of the licence ID it concerns.
type AuditLine struct {
	AuditEntry
	Number string
}
