package views

import (
	"context"
	"fmt"
	"strings"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// auditScope says which part of the log the reader sees.
func auditScope(ctx context.Context) string {
	v := ChromeOf(ctx).Viewer
	switch {
	case v.Staff == licensing.Operator:
		return "audit.scope.all"
	case v.May.Has(licensing.SeeUse):
		return "audit.scope.administrator"
	}
	return "audit.scope.own"
}

func actorName(ctx context.Context, l licensing.AuditLine) string {
	if l.Actor == "" {
		return i18n.T(ctx, "audit.nobody")
	}
	return l.Actor
}

// auditDetail says the parts of an entry's detail that a reader knows what to do with.
func auditDetail(ctx context.Context, l licensing.AuditLine) string {
	var parts []string
	say := func(field, key string) {
		if v, ok := l.Detail[field]; ok && v != "" {
			parts = append(parts, i18n.T(ctx, key, "Value", fmt.Sprint(v)))
		}
	}
	say("last5", "audit.detail.last5")
	say("name", "audit.detail.name")
	if rows, ok := l.Detail["rows"].(float64); ok {
		parts = append(parts, i18n.N(ctx, "audit.detail.rows", int(rows)))
	}
	if keys, ok := l.Detail["keys"].(float64); ok {
		parts = append(parts, i18n.N(ctx, "audit.detail.keys", int(keys)))
	}
	if role, ok := l.Detail["role"].(string); ok && role != "" {
		parts = append(parts, i18n.T(ctx, "role."+role))
	}
	say("person", "audit.detail.name")
	say("file", "audit.detail.name")
	if reason, ok := l.Detail["reason"].(string); ok && l.Action == "session.refused" {
		reason, _, _ = strings.Cut(reason, "/")
		parts = append(parts, i18n.T(ctx, "signin.reason."+reason))
	}
	return strings.Join(parts, ", ")
}
