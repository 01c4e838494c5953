package bench

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// composer turns statements with arguments into statements with pgbench's variables.
type composer struct {
	ctx       context.Context
	super     *pgx.Conn
	known     [2]*substitution  // of the two requests
	constants map[string]string // value by name
	names     map[string]string // name by value
	learns    map[string]bool   // variables that a statement's answer sets
}

// trips composes what both requests have in common.
func (c *composer) trips(one, other [][]asked) ([]trip, error) {
	alike := func(a, b []asked) bool {
		return slices.EqualFunc(a, b, func(a, b asked) bool { return a.sql == b.sql })
	}
	if !slices.EqualFunc(one, other, alike) {
		return nil, errors.New("the store says other things for one request than for another")
	}
	all := make([]trip, len(one))
	for i := range one {
		for k := range one[i] {
			s, err := c.statement(one[i][k], other[i][k])
			if err != nil {
				return nil, err
			}
			all[i] = append(all[i], s)
		}
	}
	return all, nil
}

var (
	comment     = regexp.MustCompile(`--[^\n]*`)
	placeholder = regexp.MustCompile(`\$[0-9]+`)
	returning   = regexp.MustCompile(`(?:RETURNING|SELECT) (id|total)(?:, licence_id FROM raised)?$`)
)

// statement is an SQL statement with its arguments as variables, each as the type that
// the server takes it for.
func (c *composer) statement(one, other asked) (string, error) {
	types, err := c.types(one.sql)
	if err != nil {
		return "", err
	}
	args := make([]string, len(types))
	for i, t := range types {
		if args[i], err = c.argument(t, one.args[i], other.args[i]); err != nil {
			return "", fmt.Errorf("$%d of %s: %w", i+1, one.sql, err)
		}
	}
	sql := strings.Join(strings.Fields(comment.ReplaceAllString(one.sql, "")), " ")
	sql = placeholder.ReplaceAllStringFunc(sql, func(p string) string {
		n, _ := strconv.Atoi(p[1:]) // digits
		return args[n-1]
	})
	learnt := returning.FindStringSubmatch(sql)
	if learnt == nil {
		return sql + ";", nil
	}
	c.learns[learnt[1]] = true
	sql += ` \gset`
	if learnt[1] == "total" {
		sql += "\n\\set old :total - 1"
	}
	return sql, nil
}

// parameter is the type of an argument.
type parameter struct {
	oid  uint32
	name string
}

func (c *composer) types(sql string) ([]parameter, error) {
	d, err := c.super.Prepare(c.ctx, "", sql)
	if err != nil {
		return nil, err
	}
	all := make([]parameter, len(d.ParamOIDs))
	for i, oid := range d.ParamOIDs {
		all[i].oid = oid
		if err := c.super.QueryRow(c.ctx, "SELECT format_type($1, NULL)", oid).Scan(&all[i].name); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// argument is the expression that stands for an argument.
func (c *composer) argument(t parameter, one, other any) (string, error) {
	var parts [2][]part
	for i, value := range []any{one, other} {
		text, err := c.super.TypeMap().Encode(t.oid, pgtype.TextFormatCode, value, []byte{}) // nil for NULL
		if err != nil {
			return "", err
		}
		if text != nil {
			parts[i] = c.known[i].split(t, string(text))
		}
	}
	if !slices.Equal(parts[0], parts[1]) && !loose(t) {
		return "", fmt.Errorf("%v and %v differ in what nobody knows", one, other)
	}
	return c.expression(t, parts[0]), nil
}

// loose reports whether values of a type may differ between requests without harm: when
// it was, and what was found out, told or hashed, has the same shape in all.
func loose(t parameter) bool {
	return slices.Contains([]string{"jsonb", "bytea", "timestamp with time zone"}, strings.TrimSuffix(t.name, "[]"))
}

// expression puts an argument together; nil is NULL.
func (c *composer) expression(t parameter, parts []part) string {
	switch {
	case parts == nil:
		return "(NULL::" + t.name + ")"
	case parts[0].text == "": // which pgbench can't define
		return "(''::" + t.name + ")"
	case len(parts) == 1:
		return "(:" + c.variable(parts[0]) + "::" + t.name + ")"
	}
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = ":" + c.variable(p) + "::text"
	}
	return "((" + strings.Join(texts, " || ") + ")::" + t.name + ")"
}

// variable is the name of a part; constants are named as they come.
func (c *composer) variable(p part) string {
	if p.variable {
		return p.text
	}
	name, ok := c.names[p.text]
	if !ok {
		name = fmt.Sprintf("c%d", len(c.names)+1)
		c.names[p.text], c.constants[name] = name, p.text
	}
	return name
}
