// Package migrations holds the database's history, one numbered file a step. It is
// not what applies them: store.Migrate does.
package migrations

import "embed"

// FS holds the migrations, as goose reads them.
//
//go:embed *.sql
var FS embed.FS
