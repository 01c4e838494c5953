package licensing

import (
	"time"

	"github.com/google/uuid"
)

// What may be uploaded. The command line takes more.
const (
	MaxUpload     = 64 << 20  // bytes of the file
	MaxUploadRows = 1_000_000 // rows of it
)

// UploadState says how far an upload has come.
type UploadState string

// An upload is received, checked, and applied if somebody wants it to be; one that
// can't be read has failed.
const (
	UploadReceiving UploadState = "receiving" // still on its way, and shown to nobody
	UploadReceived  UploadState = "received"
	UploadChecking  UploadState = "checking"
	UploadChecked   UploadState = "checked"
	UploadApplying  UploadState = "applying"
	UploadApplied   UploadState = "applied"
	UploadFailed    UploadState = "failed"
)

// Working reports whether something is about to happen by itself.
func (s UploadState) Working() bool {
	return s == UploadReceived || s == UploadChecking || s == UploadApplying
}

// Why an upload failed, beyond the codes of a FileError.
const (
	UploadDamaged  = "damaged"  // what was kept of it is not what was received
	UploadStranger = "stranger" // who asked for it is no operator any more
	UploadFault    = "fault"    // it was tried several times, and something always broke
)

// UploadCodes lists the codes above.
func UploadCodes() []string { return []string{UploadDamaged, UploadStranger, UploadFault} }

// Upload is a key file that an operator sent by browser, on its way into the portal. It
// is kept sealed, and not for long.
type Upload struct {
	ID        uuid.UUID
	Actor     string // who sent it
	FileName  string
	Size      int64 // bytes
	SHA256    []byte
	Options   ImportOptions
	State     UploadState
	Lines     int64         // read so far
	Report    *ImportReport // what it would do or did; nil until it was checked
	Rejected  bool          // there are rows for the file of wrong rows
	Code      string        // why it failed: of a FileError, or one of UploadCodes
	Missing   []string      // as in FileError
	CreatedAt time.Time
}

// MayApply reports whether an upload can be taken in: it was checked, and every row
// was right.
func (u Upload) MayApply() bool {
	return u.State == UploadChecked && u.Report != nil && u.Report.ProblemCount == 0
}

// MayDiscard reports whether an upload can still be thrown away.
func (u Upload) MayDiscard() bool {
	return u.State != UploadReceiving && u.State != UploadApplying && u.State != UploadApplied
}
