// Package mail words messages: subject and plain text of what a mail tells of, in its
// receiver's language.
//
// It sends nothing (internal/mail) and decides on no receiver (store). What it writes
// never holds a product key: also of one that somebody typed into a message, only the
// last five are left (S-59).
package mail

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// Compose words a mail: its subject in one line, its text in lines of at
// most 76 characters but for what can't be broken. Its links lead to baseURL, which has
// no final slash. Moments are in the time zone where the language's readers mostly are,
// which is named.
func Compose(ctx context.Context, m licensing.Mail, baseURL string) (subject, body string) {
	ctx = i18n.WithZone(i18n.With(ctx, m.Language), i18n.Zone(m.Language))
	l := letter{Mail: m, ctx: ctx, baseURL: baseURL}
	if n := m.Detail.News; n != nil {
		return Headline(ctx, *n), l.news(*n)
	}
	if m.RequestID != nil {
		l.id = *m.RequestID
	}
	return l.subject(), l.body()
}

// letter is a mail that is being worded.
type letter struct {
	licensing.Mail
	ctx     context.Context
	baseURL string
	id      int64
}

func (l letter) say(key string, args ...any) string { return i18n.T(l.ctx, key, args...) }

func (l letter) subject() string {
	about := l.Detail.Product
	if about == "" {
		about = l.say("request.kind." + string(l.Detail.Kind))
	}
	return line(l.say("mail.subject."+l.Event.Word(l.Detail.Kind), "Number", licensing.RequestNumber(l.id), "About", line(about)))
}

func (l letter) body() string {
	d := l.Detail
	parts := []string{
		fill(l.say("mail.hello", "Name", line(d.Name)), "", ""),
		fill(l.say("mail.said."+l.Event.Word(d.Kind), "Number", licensing.RequestNumber(l.id), "Actor", line(d.Actor)), "", ""),
		l.facts(),
	}
	if text := strings.TrimSpace(licensing.VeilKeys(d.Event.Text)); text != "" {
		parts = append(parts, fill(l.say("mail.writes", "Actor", line(d.Actor)), "", ""), quote(text))
	}
	parts = append(parts,
		fill(l.say(l.next()), "", "")+"\n"+l.link(),
		l.foot(),
	)
	return strings.Join(parts, "\n\n") + "\n"
}

func (l letter) foot() string {
	return "-- \n" + fill(l.say("mail.foot", "Host", host(l.baseURL)), "", "")
}

// facts are what the request is about, and what became of it, a line each.
func (l letter) facts() string {
	d := l.Detail
	var lines []string
	add := func(key, value string) {
		if value != "" {
			lines = append(lines, fill(l.say(key)+": "+line(value), "", "  "))
		}
	}
	place := d.Organisation
	if d.Licence != "" && place != "" {
		place = d.Licence + ", " + place
		add("licence.number", place)
	} else {
		add("licence.organisation", place)
	}
	add("mail.fact.kind", l.say("request.kind."+string(d.Kind)))
	add("product.name", d.Product)
	add("key.last5", d.Last5)
	add("mail.fact.asked", l.number(d.Asked))
	add("mail.fact.granted", l.number(d.Event.Granted))
	if d.Event.New > 0 {
		add("mail.fact.total", l.say("key.limit_change", "Old", d.Event.Old, "New", d.Event.New))
	}
	add("mail.fact.reason", l.reason())
	add("mail.fact.reference", d.Event.Reference)
	if l.Event == licensing.EventFiled || l.Event == licensing.EventAnswered {
		add("mail.fact.due", l.say("mail.moment", "When", i18n.DateTime(l.ctx, d.DueAt), "Zone", i18n.Zone(l.Language).String()))
	}
	return strings.Join(lines, "\n")
}

// number writes a count; "" for none.
func (l letter) number(n int) string {
	if n == 0 {
		return ""
	}
	return i18n.Number(l.ctx, n)
}

// reason is what support picked from its list.
func (l letter) reason() string {
	switch {
	case l.Detail.Event.Code == "":
		return ""
	case l.Event == licensing.EventRejected:
		return l.say("request.refusal." + l.Detail.Event.Code)
	}
	return l.say("request.code." + l.Detail.Event.Code)
}

// next is the key of what the receiver may want to do.
func (l letter) next() string {
	switch {
	case l.Detail.Staff:
		return "mail.next.staff"
	case l.Event == licensing.EventAsked:
		return "mail.next.asked"
	case l.Event == licensing.EventRejected:
		return "mail.next.rejected"
	}
	return "mail.next.other"
}

func (l letter) link() string {
	return l.baseURL + "/requests/" + strconv.FormatInt(l.id, 10)
}

// host is the part of an address that people know it by.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host
}
