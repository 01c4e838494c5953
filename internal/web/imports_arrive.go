package web

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// besideFile is how many bytes a form may have around its file.
	besideFile = 64 << 10
	// sendingTime is how long a form with a file may take to arrive.
	sendingTime = 15 * time.Minute
)

var errTooMuch = errors.New("more than an upload may be")

// arriving is a large body on its way: it may take its time as long as it gets on, and
// has an end.
type arriving struct {
	from  io.ReadCloser
	rc    *http.ResponseController
	left  int64
	told  time.Time // when the connection was last given more time
	until time.Time
}

func newArriving(c echo.Context) *arriving {
	return &arriving{
		from: c.Request().Body, rc: http.NewResponseController(c.Response().Writer),
		left: licensing.MaxUpload + besideFile, until: time.Now().Add(sendingTime),
	}
}

// Read passes on what has come. Beyond its size it is errTooMuch.
func (a *arriving) Read(b []byte) (int, error) {
	if a.left <= 0 {
		return 0, errTooMuch
	}
	a.wait()
	n, err := a.from.Read(b[:min(int64(len(b)), a.left)])
	a.left -= int64(n)
	return n, err
}

// wait gives the connection its time for the next bytes, and for an answer after them.
func (a *arriving) wait() {
	now := time.Now()
	if now.Sub(a.told) < time.Second {
		return
	}
	a.told = now
	end := now.Add(progress)
	if end.After(a.until) {
		end = a.until
	}
	_ = a.rc.SetReadDeadline(end)
	_ = a.rc.SetWriteDeadline(end.Add(progress))
}

// drain reads what else comes, within reason: most browsers show no answer that comes
// before they have sent everything.
func (a *arriving) drain() {
	a.left = licensing.MaxUpload
	_, _ = io.Copy(io.Discard, a)
}

// Close ends the body.
func (a *arriving) Close() error { return a.from.Close() }
