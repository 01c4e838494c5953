package store

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// endOfTime is past every entry: where a list that runs backwards begins.
var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func timeCursor(at time.Time, id string) string {
	return strconv.FormatInt(at.UnixMicro(), 10) + "~" + id
}

func splitTimeCursor(cursor string) (at time.Time, id string) {
	micro, id, _ := strings.Cut(cursor, "~")
	n, err := strconv.ParseInt(micro, 10, 64)
	if err != nil || n < 0 || n > endOfTime.UnixMicro() {
		return endOfTime, ""
	}
	return time.UnixMicro(n).UTC(), id
}

func readTimeCursor(cursor string) (time.Time, uuid.UUID) {
	at, id := splitTimeCursor(cursor)
	parsed, err := uuid.Parse(id)
	if err != nil {
		return endOfTime, uuid.Max
	}
	return at, parsed
}
