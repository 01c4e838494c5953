package witness

import (
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// entry is an entry of the audit log as one line of JSON.
type entry struct {
	Root      uuid.UUID         `json:"root"` // the chain: a family by its root organisation
	Seq       int64             `json:"seq"`  // its number in the chain, from 1
	At        string            `json:"at"`   // RFC 3339, UTC, by the database's clock
	ActorID   *uuid.UUID        `json:"actor_id"`
	Actor     string            `json:"actor"`
	Identity  string            `json:"identity"` // issuer and subject
	Address   string            `json:"address"`
	RequestID string            `json:"request_id"`
	Action    string            `json:"action"`
	LicenceID *uuid.UUID        `json:"licence_id"`
	Object    string            `json:"object"`
	Outcome   licensing.Outcome `json:"outcome"`
	Detail    json.RawMessage   `json:"detail"`
	Prev      string            `json:"prev"` // hex, as is the next
	Hash      string            `json:"hash"`
}

// LineOf makes the line of an entry.
func LineOf(l licensing.Link) (Line, error) {
	text, err := json.Marshal(entry{
		Root: l.RootID, Seq: l.Seq, At: l.At.UTC().Format(time.RFC3339Nano), ActorID: l.ActorID, Actor: l.Actor,
		Identity: l.Identity, Address: l.Address, RequestID: l.RequestID, Action: l.Action, LicenceID: l.LicenceID,
		Object: l.Object, Outcome: l.Outcome, Detail: l.Detail, Prev: hex.EncodeToString(l.Prev), Hash: hex.EncodeToString(l.Hash),
	})
	return Line{At: l.At, What: l.Action, Text: text}, err
}
