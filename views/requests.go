package views

import (
	"net/url"
	"strconv"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
)

// RequestDetail is one request with all that its page draws, for customers and support
// alike.
type RequestDetail struct {
	licensing.RequestDetail
	Product   licensing.Product
	Programme licensing.Programme
	Once      string             // hidden field of every form on the page: each posts somewhere else
	Form      url.Values         // what was typed into the form named by Focus, kept after 409 and 422
	Problems  licensing.Problems // of that form
	Focus     string             // last part of that form's address, as approval; "" after a plain visit
	Changed   bool               // the request has changed since the form was shown
	Left      time.Duration      // until the answer is due, in the clock's time; negative when late
	Decide    *Deciding          // nil for who doesn't decide requests
}

// Deciding is what support's side of the page knows beyond the request.
type Deciding struct {
	Next string // address of the next request in the queue; "" for none
}

// Typed is what stood in a field of one of the page's forms, or what it begins with.
func (d RequestDetail) Typed(form, field, otherwise string) string {
	if d.Focus == form && d.Form.Has(field) {
		return d.Form.Get(field)
	}
	return otherwise
}

// RequestPath is the address of one request, or of what is done to it.
func RequestPath(id int64, below ...string) string {
	path := "/requests/" + strconv.FormatInt(id, 10)
	for _, b := range below {
		path += "/" + b
	}
	return path
}
