package views

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// AuditHeadings are the columns of the audit log as a file. The operator has three more.
func AuditHeadings(ctx context.Context) []string {
	headings := []string{
		i18n.T(ctx, "audit.column.time"), i18n.T(ctx, "audit.who"), i18n.T(ctx, "audit.what"), i18n.T(ctx, "audit.column.action"),
		i18n.T(ctx, "licence.number"), i18n.T(ctx, "audit.column.object"), i18n.T(ctx, "audit.outcome"), i18n.T(ctx, "audit.detail"),
		i18n.T(ctx, "audit.column.chain"), i18n.T(ctx, "audit.column.seq"), i18n.T(ctx, "audit.column.hash"),
	}
	if ChromeOf(ctx).Viewer.Staff == licensing.Operator {
		headings = append(headings, i18n.T(ctx, "audit.column.address"), i18n.T(ctx, "audit.column.request"), i18n.T(ctx, "audit.column.data"))
	}
	return headings
}

// auditTime is how a file has moments: as precise as the log, in UTC.
const auditTime = "2006-01-02T15:04:05.000000Z"

// AuditCells is an entry as a row under AuditHeadings. The operator's last column is the
// detail as it was recorded.
func AuditCells(ctx context.Context, l *licensing.AuditLine) ([]string, error) {
	cells := []string{
		l.At.UTC().Format(auditTime), actorName(ctx, l), i18n.T(ctx, "audit.action."+l.Action), l.Action,
		l.Number, l.Object, i18n.T(ctx, "audit.outcome."+string(l.Outcome)), asInFiles.Replace(auditDetail(ctx, l)),
		l.RootID.String(), strconv.FormatInt(l.Seq, 10), hex.EncodeToString(l.Hash),
	}
	if ChromeOf(ctx).Viewer.Staff != licensing.Operator {
		return cells, nil
	}
	data, err := json.Marshal(l.Detail)
	return append(cells, l.Address, l.RequestID, string(data)), err
}

// asInFiles takes away what languages put into numbers and programs don't read.
var asInFiles = strings.NewReplacer("\u00A0", " ", "\u202F", " ", "\u2212", "-")
