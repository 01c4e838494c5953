// Package sql lets text into gorm's SQL in every way that is looked for, and beside
// each a way that is right.
package sql

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type key struct {
	ID   int
	Name string
}

const byName = "name = ?"

func generic(ctx context.Context, db *gorm.DB, typed string, like key) {
	k := gorm.G[key](db)
	k.Where(byName, typed).Where("id = ?"+" OR id = 0", like.ID).Order("id DESC").Find(ctx)
	k.Where(typed).Find(ctx)                  // found
	k.Where("name = '" + typed + "'").Find(ctx) // found
	k.Where(like).Find(ctx)                   // found
	k.Where(map[string]any{"name": typed}).Find(ctx) // found
	k.Or(typed).Find(ctx)                     // found
	k.Not(typed).Find(ctx)                    // found
	k.Order(typed).Find(ctx)                  // found
	k.Select("id", typed).Find(ctx)           // found
	k.Select(typed).Find(ctx)                 // found
	k.Group(typed).Having("count(*) > ?", typed).Find(ctx) // found
	k.Group("id").Having(typed).Find(ctx)     // found
	k.Raw("SELECT * FROM keys WHERE name = ?", typed).Find(ctx)
	k.Raw(typed).Find(ctx)         // found
	_ = k.Exec(ctx, byName, typed)
	_ = k.Exec(ctx, typed, byName) // found
	k.Table(typed).Find(ctx)       // found
	k.Where(byName, typed).Update(ctx, "name", typed)
	k.Where(byName, typed).Update(ctx, typed, 1) // found
	k.Where(byName, typed).Count(ctx, typed)     // found
}

func plain(db *gorm.DB, typed string, columns []string) {
	var one key
	db.First(&one, "name = ?", typed)
	db.First(&one, typed)            // found
	db.Find(&one, typed)             // found
	db.Delete(&one, typed)           // found
	db.Joins("JOIN x ON x.id = ?", typed).Take(&one)
	db.Joins(typed).Take(&one)       // found
	db.Distinct(columns).Take(&one)  // found
	db.Pluck(typed, &one)            // found
	db.Model(&one).Update("name", gorm.Expr("name || ?", typed))
	db.Model(&one).Update("name", gorm.Expr(typed)) // found
	db.Clauses(clause.Expr{SQL: "id = ?", Vars: []any{typed}}).Take(&one)
	db.Clauses(clause.Expr{SQL: typed}).Take(&one)   // found
	db.Clauses(clause.OrderBy{Columns: []clause.OrderByColumn{{
		Column: clause.Column{Name: typed}, // found
	}}}).Take(&one)
}
