package licensing

// Arrival is what a provider vouches for when somebody signs in.
type Arrival struct {
	Issuer  string
	Subject string
	Name    string   // what the provider calls them; may be empty
	Groups  []string // those that it counts them among, 200 at most of 200 characters
}
