package views

import "github.com/keyhall/keyhall/internal/licensing"

// Sessions is who is signed in, and what was asked of the list.
type Sessions struct {
	List     []licensing.PersonSession
	Next     string // cursor of the next page; "" for none
	Query    string
	Once     string
	Problems licensing.Problems
}
