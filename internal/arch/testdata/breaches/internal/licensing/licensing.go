package licensing

import (
	_ "github.com/keyhall/keyhall/internal/vault"
)
