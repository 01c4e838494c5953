package signin

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	mostGroups   = 200 // of one person; what comes after is not heard
	longestGroup = 200 // characters of a group's name
	longestName  = 100 // characters of a person's name
)

var errGroups = errors.New("neither a string nor a list of strings")

// groupsOf reads whom the provider counts a person among: a list of strings, or one. It
// hears nothing when the claim isn't there; a claim of any other shape is not one to trust.
// Names too long, with what can't be shown, or too many are left out, and the log says so.
func (p *provider) groupsOf(ctx context.Context, claims map[string]json.RawMessage) ([]string, error) {
	if p.GroupsClaim == "" {
		return nil, nil
	}
	if elsewhere(claims["_claim_names"], p.GroupsClaim) {
		slog.WarnContext(ctx, "the provider keeps the groups to itself: too many for a token", "issuer", p.Issuer)
	}
	raw, ok := claims[p.GroupsClaim]
	if !ok || string(raw) == "null" {
		return nil, nil
	}
	var one string
	var all []*string
	switch {
	case json.Unmarshal(raw, &one) == nil:
		all = []*string{&one}
	case json.Unmarshal(raw, &all) != nil, slices.Contains(all, nil):
		return nil, errGroups
	}
	var groups []string
	for _, g := range all {
		if len(groups) < mostGroups && goodGroup(*g) && !slices.Contains(groups, *g) {
			groups = append(groups, *g)
		}
	}
	if left := len(all) - len(groups); left > 0 {
		slog.WarnContext(ctx, "groups left out: too many, too long, twice, or unfit to show", "issuer", p.Issuer, "left_out", left)
	}
	return groups, nil
}

func goodGroup(g string) bool {
	return g != "" && utf8.RuneCountInString(g) <= longestGroup && !strings.ContainsFunc(g, unsafeInName)
}

// unsafeInName is unsafeRune without the backslash, which stands in names such as AD\keys.
func unsafeInName(r rune) bool { return r != '\\' && unsafeRune(r) }

// elsewhere reports whether the provider says that a claim is to be asked for elsewhere,
// as some do when there are many groups.
func elsewhere(names json.RawMessage, claim string) bool {
	var sources map[string]string
	return json.Unmarshal(names, &sources) == nil && sources[claim] != ""
}

// nameOf is what the provider calls a person, fit to be kept and shown; "" if nothing.
func nameOf(raw json.RawMessage) string {
	var name string
	if json.Unmarshal(raw, &name) != nil {
		return ""
	}
	clean := []rune(strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unsafeInName(r) {
			return -1
		}
		return r
	}, name)), " "))
	return string(clean[:min(len(clean), longestName)])
}
