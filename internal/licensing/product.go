package licensing

// Pool is a group of products that a licence ID's keys are allotted by.
type Pool string

// The three pools.
const (
	PoolSystems      Pool = "systems"
	PoolServers      Pool = "servers"
	PoolApplications Pool = "applications"
)

// Pools lists the pools in the order they are shown.
func Pools() []Pool { return []Pool{PoolSystems, PoolServers, PoolApplications} }

// KeySource says how one comes by a product's key.
type KeySource string

// Where a product's key is.
const (
	KeyListed   KeySource = "listed"   // in the portal
	KeyEmbedded KeySource = "embedded" // in the installer
	KeyWizard   KeySource = "wizard"   // the product asks for programme and number instead
	KeyNone     KeySource = "none"     // no key is needed
)

// Product is one version and edition of something that can be licensed.
type Product struct {
	ID           int32
	Name         string // unique, with version and edition: "Office LTSC 2024 Professional Plus"
	Family       string // what its versions have in common: "Office"
	Pool         Pool
	Version      string
	Edition      string
	KeySource    KeySource
	KMSThreshold int               `gorm:"column:kms_threshold"`       // machines before a KMS host answers; 0 if there is no KMS
	Instruction  map[string]string `gorm:"serializer:json;type:jsonb"` // what to do where no key is listed, by language
}

// Advice returns the product's own instruction in a language, in English where that
// language has none, and "" where the publisher wrote none.
func (p Product) Advice(language string) string {
	if s := p.Instruction[language]; s != "" {
		return s
	}
	return p.Instruction["en"]
}
