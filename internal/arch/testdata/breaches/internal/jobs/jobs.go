package jobs

import (
	_ "github.com/keyhall/keyhall/internal/pgtest"
	_ "github.com/keyhall/keyhall/internal/store"
)
