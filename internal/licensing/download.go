package licensing

import (
	"time"

	"github.com/google/uuid"
)

// DownloadState says how far a key file came.
type DownloadState string

// A key file that was started and neither finished nor broken is still on its way,
// or its server died.
const (
	DownloadStarted  DownloadState = "started"
	DownloadFinished DownloadState = "finished"
	DownloadBroken   DownloadState = "broken"
)

// Download is a line of the ledger of key files: one file, one family.
type Download struct {
	FileID     uuid.UUID `gorm:"primaryKey"`
	RootID     uuid.UUID `gorm:"primaryKey"`
	PersonID   uuid.UUID
	PersonName string
	LicenceID  *uuid.UUID // nil for the whole profile
	Number     string     // that licence ID's number; "" for the whole profile
	Name       string     // file name
	Format     string     // tsv or xlsx
	Rows       int64      `gorm:"column:row_count"` // of this family
	SHA256     []byte     `gorm:"column:sha256"`    // of the whole file; nil until finished
	State      DownloadState
	StartedAt  time.Time
	Withheld   int64 // keys of this family left out, being compromised
	EndedAt    *time.Time
	Freezes    int64 // how often keys that may be in the file were frozen or released before it began
}
