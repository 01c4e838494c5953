package signin

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	longestAnswer = 256 << 10        // bytes of one answer of the provider
	keysEvery     = 10 * time.Second // the provider's keys are fetched once in this time at most
)

// ownClient is the client that everything to the provider goes through: it waits 5 s
// at most, reads no endless answer, and follows no redirect, which would carry the
// code and the client's secret elsewhere.
func (s *SignIn) ownClient() *http.Client {
	c := http.Client{}
	if s.HTTP != nil {
		c = *s.HTTP
	}
	if c.Timeout <= 0 {
		c.Timeout = 5 * time.Second
	}
	next := c.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	c.Transport = limited{next}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// limited cuts off answers that are too long, with an error rather than silently.
type limited struct{ next http.RoundTripper }

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, longestAnswer)
	}
	return resp, err
}

var errKeysAsked = errors.New("the provider's keys were asked for a moment ago, in vain")

// thrifty answers for the provider's key set with what it said a moment ago. go-oidc
// asks again for every token whose signature doesn't hold: 200 forged tokens would be
// 200 requests to the provider.
type thrifty struct {
	next http.RoundTripper
	now  func() time.Time

	mu     sync.Mutex
	url    string
	asked  time.Time
	answer []byte // of the last good answer within this time; nil if none
}

func (t *thrifty) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	since := t.now().Sub(t.asked)
	if t.url == r.URL.String() && since >= 0 && since < keysEvery {
		if t.answer == nil {
			return nil, errKeysAsked
		}
		return replay(r, t.answer), nil
	}
	t.url, t.asked, t.answer = r.URL.String(), t.now(), nil
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New("the provider's keys: " + resp.Status)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	t.answer = body
	return replay(r, body), nil
}

func replay(r *http.Request, body []byte) *http.Response {
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)), Request: r,
	}
}
