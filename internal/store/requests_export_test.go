package store

import "github.com/keyhall/keyhall/internal/licensing"

// RequestsAsked is what Requests asks: the wall with its arguments, and the question.
func RequestsAsked(v licensing.Viewer, f licensing.RequestFilter) (wall []any, sql string, args []any) {
	f.Limit = PageSize
	q := customersRequests(v, f)
	if v.SeesAllCustomers() {
		q, _ = desksRequests(v, f)
	}
	role, roots := wallOf(v)
	return []any{asViewerAnew, role, roots}, q.sql, q.args
}
