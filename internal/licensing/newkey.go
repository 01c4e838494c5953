package licensing

// NewKey is a product key on its way into the portal: the one time that a key and its
// secret travel together.
type NewKey struct {
	Key
	Secret Secret
}
