package licensing

import "github.com/google/uuid"

// TellFamilies is the job that tells each family's audit chain what an import did there.
type TellFamilies struct {
	Import uuid.UUID `json:"import"`
}

// Kind names the job in the queue.
func (TellFamilies) Kind() string { return "tell_families" }

// ClearSessions is the job that removes sessions that have ended.
type ClearSessions struct{}

// Kind names the job in the queue.
func (ClearSessions) Kind() string { return "clear_sessions" }

// BreakForgotten is the job that marks key files broken whose server died.
type BreakForgotten struct{}

// Kind names the job in the queue.
func (BreakForgotten) Kind() string { return "break_forgotten" }

// SendMail is the job that sends one mail.
type SendMail struct {
	Mail uuid.UUID `json:"mail"`
}

// Kind names the job in the queue.
func (SendMail) Kind() string { return "send_mail" }

// ClearOnce is the job that forgets which posts were carried out long ago.
type ClearOnce struct{}

// Kind names the job in the queue.
func (ClearOnce) Kind() string { return "clear_once" }

// ClearEnded is the job that removes what ended long ago and is nobody's matter any more.
type ClearEnded struct{}

// Kind names the job in the queue.
func (ClearEnded) Kind() string { return "clear_ended" }

// ClearRates is the job that forgets how much was taken in windows that are over.
type ClearRates struct{}

// Kind names the job in the queue.
func (ClearRates) Kind() string { return "clear_rates" }

// Succeed is the job that lets successors take over what nobody administers any more.
type Succeed struct{}

// Kind names the job in the queue.
func (Succeed) Kind() string { return "succeed" }

// CarryOutEmergency is the job that ends cases of emergency access whose time has come.
type CarryOutEmergency struct{}

// Kind names the job in the queue.
func (CarryOutEmergency) Kind() string { return "carry_out_emergency" }

// CheckUpload is the job that says what an upload would do.
type CheckUpload struct {
	Upload uuid.UUID `json:"upload"`
}

// Kind names the job in the queue.
func (CheckUpload) Kind() string { return "check_upload" }

// ApplyUpload is the job that takes an upload in.
type ApplyUpload struct {
	Upload uuid.UUID `json:"upload"`
}

// Kind names the job in the queue.
func (ApplyUpload) Kind() string { return "apply_upload" }

// ForgetUploads is the job that removes uploads that nobody needs any more.
type ForgetUploads struct{}

// Kind names the job in the queue.
func (ForgetUploads) Kind() string { return "forget_uploads" }

// ImportQueue is the queue of jobs that take minutes, and that one server works one by
// one: each holds one of the few connections that key files need too.
const ImportQueue = "imports"

// DeliverCheckpoints is the job that carries signed checkpoints of the audit log away.
type DeliverCheckpoints struct{}

// Kind names the job in the queue.
func (DeliverCheckpoints) Kind() string { return "deliver_checkpoints" }

// StreamAudit is the job that carries new entries of the audit log away.
type StreamAudit struct{}

// Kind names the job in the queue.
func (StreamAudit) Kind() string { return "stream_audit" }
