package licensing

// Permission is a set of things that someone may do, one bit each. The numbers are
// kept in the database (reach.rights): add at the end, never renumber.
type Permission int32

// The permissions of customers hang on a licence ID, those of the staff on the installation.
const (
	SeeLicence     Permission = 1 << iota // the licence ID, in the relationship summary and by itself
	SeeKeys                               // key metadata and counters, masked to the last five
	RevealKeys                            // one key in clear, and key files
	DownloadMedia                         // product media
	FileRequests                          // requests to support
	EditKeys                              // notes, preferred key, KMS host register
	ManagePeople                          // invitations, rights
	SeeUse                                // who revealed or downloaded a key
	SeeCustomers                          // every customer, masked
	DecideRequests                        // requests, and the counters they change
	Operate                               // programmes, products, imports
)

// ofStaff are the permissions that hang on no licence ID.
const ofStaff = SeeCustomers | DecideRequests | Operate

// OnLicence returns what of p a customer's right on a licence ID can be.
func (p Permission) OnLicence() Permission { return p &^ ofStaff }

// Has reports whether every permission of want is in p.
func (p Permission) Has(want Permission) bool { return p&want == want }

// Role is a named set of permissions that can be given to a person.
type Role string

// The roles that customers give each other, and those of the staff.
const (
	Administrator    Role = "administrator"
	KeyAdministrator Role = "key_administrator"
	KeyViewer        Role = "key_viewer"
	LicenceReader    Role = "licence_reader"
	DownloadManager  Role = "download_manager"
	SupportAgent     Role = "support_agent"
	Operator         Role = "operator"
)

var rolePermissions = map[Role]Permission{
	Administrator:    SeeLicence | SeeKeys | RevealKeys | DownloadMedia | FileRequests | EditKeys | ManagePeople | SeeUse,
	KeyAdministrator: SeeLicence | SeeKeys | RevealKeys | FileRequests | EditKeys,
	KeyViewer:        SeeLicence | SeeKeys | RevealKeys | FileRequests,
	LicenceReader:    SeeLicence | SeeKeys,
	DownloadManager:  SeeLicence | DownloadMedia,
	SupportAgent:     SeeCustomers | SeeLicence | SeeKeys | DecideRequests,
	Operator:         SeeCustomers | SeeLicence | SeeKeys | SeeUse | Operate,
}

// Roles lists every role, the strongest of the customers' first.
func Roles() []Role {
	return []Role{Administrator, KeyAdministrator, KeyViewer, LicenceReader, DownloadManager, SupportAgent, Operator}
}

// Permissions returns what a role may do; nothing for a role that doesn't exist.
func (r Role) Permissions() Permission { return rolePermissions[r] }

// Staff reports whether a role belongs to the people who run the installation, and
// so hangs on no licence ID.
func (r Role) Staff() bool { return r.Permissions().Has(SeeCustomers) }

// RoleOf names the role that a set of permissions amounts to: the strongest one whose
// permissions are all there, the staff's for who sees every customer. Several roles on
// one licence ID add up.
func RoleOf(p Permission) Role {
	for _, r := range Roles() {
		if p.Has(r.Permissions()) && r.Staff() == p.Has(SeeCustomers) {
			return r
		}
	}
	return ""
}
