package web

import (
	_ "gorm.io/gorm"
	_ "github.com/keyhall/keyhall/internal/licensing"
	_ "github.com/keyhall/keyhall/views/ui"
)
