package licensing

import (
	"bytes"
	"encoding/json"
	"time"
)

// RequestFacts is what is known of a request before anybody decides: the same for who
// files it and who answers.
type RequestFacts struct {
	Asked     int // 0 while nothing was typed
	Key       *Key
	Product   Product
	Programme Programme
	Bought    int  // units of the product in force under the licence ID
	HasKMS    bool // the licence ID holds a KMS key of the product
	Earlier   EarlierRequests
	Now       time.Time
}

// EarlierRequests counts what was asked within the last year.
type EarlierRequests struct {
	OfKey      int // decided, for the same key
	GrantedKey int // of those, granted in whole or part
	OfFamily   int // granted in whole or part, for any key of the family
}

// Bearing says which way a finding speaks.
type Bearing string

// A finding speaks for a request, against it, or neither.
const (
	For     Bearing = "for"
	Against Bearing = "against"
	Neutral Bearing = "neutral"
)

// Finding is one thing worth knowing about a request. It never forbids one.
type Finding struct {
	Topic   string         `json:"topic"`   // bought, remaining, hosts, threshold, earlier, programme
	Message string         `json:"message"` // message key
	Args    map[string]any `json:"args,omitempty"`
	Bearing Bearing        `json:"bearing"`
}

// UnmarshalJSON reads whole numbers as such again: messages count with them.
func (f *Finding) UnmarshalJSON(b []byte) error {
	type plain Finding
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode((*plain)(f)); err != nil {
		return err
	}
	for name, value := range f.Args {
		if n, ok := value.(json.Number); ok {
			whole, err := n.Int64()
			if err != nil {
				return err
			}
			f.Args[name] = int(whole)
		}
	}
	return nil
}
