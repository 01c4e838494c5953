package api

import (
	_ "github.com/jackc/pgx/v5"
	_ "github.com/keyhall/keyhall/internal/web"
)
