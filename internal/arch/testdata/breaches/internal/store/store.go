package store

import (
	_ "github.com/keyhall/keyhall/internal/licensing"
	_ "github.com/keyhall/keyhall/internal/web"
)
