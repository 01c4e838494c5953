package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/web"
)

type routesCommand struct{}

// Run prints the matrix of routes and roles.
func (routesCommand) Run() error {
	return printRoutes(os.Stdout, web.New(web.Config{}).Routes())
}

// printRoutes writes a line for each route, tab-separated: method, path, what its
// permission is asked about, and a mark for each role that has it.
func printRoutes(w io.Writer, routes []web.Route) error {
	cells := []string{"method", "path", "scope"}
	for _, role := range licensing.Roles() {
		cells = append(cells, string(role))
	}
	if _, err := fmt.Fprintln(w, strings.Join(cells, "\t")); err != nil {
		return err
	}
	for _, r := range routes {
		cells := []string{r.Method, r.Path, r.Scope.String()}
		for _, role := range licensing.Roles() {
			mark := "-"
			if r.Scope == web.Public || r.Allows(role.Permissions()) {
				mark = "yes"
			}
			cells = append(cells, mark)
		}
		if _, err := fmt.Fprintln(w, strings.Join(cells, "\t")); err != nil {
			return err
		}
	}
	return nil
}
