package views

// SignIn is the page where people choose where to sign in.
type SignIn struct {
	Next    string // local path to go to then
	Email   string // as typed
	Unknown bool   // nobody signs in the people of that address
	Found   Door   // of the provider of that address; without path if none
	Doors   []Door
	Last    bool // the first of them was chosen last time
}

// Door is a provider to sign in at.
type Door struct{ Name, Path string }

// SignInPath is the address that leads to a provider, and to a local path after it.
func SignInPath(id, next, email string) string {
	if next == "/" {
		next = ""
	}
	return with("/signin", nil, "provider", id, "next", next, "login_hint", email)
}
