package pgtest

import (
	_ "github.com/keyhall/keyhall/internal/store"
)
