package licensing

// NumberKind says by which number a programme's licence IDs are known outside.
type NumberKind string

// The numbers that the licensing wizards of products ask for.
const (
	NumberAgreement       NumberKind = "agreement"        // agreement or enrolment number
	NumberAuthorisation   NumberKind = "authorisation"    // authorisation number beside the licence number
	NumberPurchaseAccount NumberKind = "purchase_account" // purchase account number
)

// Allotment says which keys a licence ID of a programme gets.
type Allotment string

// The ways keys are allotted.
const (
	AllotPool     Allotment = "pool"     // for every product of a pool
	AllotForecast Allotment = "forecast" // for a pool, by purchase forecast
	AllotBought   Allotment = "bought"   // for each product bought
)

// KMSRule says whether a programme's licence IDs hold KMS host keys.
type KMSRule string

// KMS host keys come by default, or on request.
const (
	KMSByDefault   KMSRule = "default"
	KMSByException KMSRule = "exception"
)

// Programme is a parent programme. Programmes are data: whoever runs Keyhall defines them.
type Programme struct {
	ID         string // short and stable: "ea", "open-value"
	Name       string
	NumberKind NumberKind
	Allotment  Allotment
	KMSRule    KMSRule `gorm:"column:kms_rule"`
	Vendor     string  // whose keys they are, if not the publisher's own; "" if they are
}
