package mail

import (
	"context"
	"strings"
	"time"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// Headline words news in one line, for a notice or a mail's subject.
func Headline(ctx context.Context, n licensing.News) string {
	return line(i18n.T(ctx, "news."+string(n.Kind), wordsOf(ctx, n)...))
}

// wordsOf are the values of what news say, in the reader's language.
func wordsOf(ctx context.Context, n licensing.News) (args []any) {
	for name, value := range n.Args {
		at, err := time.Parse(time.RFC3339, value)
		switch {
		case name == licensing.NewsRole:
			value = i18n.T(ctx, "role."+value)
		case name == licensing.NewsDay && err == nil:
			value = i18n.Date(ctx, at)
		case name == licensing.NewsMoment && err == nil:
			value = i18n.DateTime(ctx, at)
		}
		args = append(args, name, line(value))
	}
	return args
}

// news is the text of a mail about something that is no request.
func (l letter) news(n licensing.News) string {
	parts := []string{
		fill(l.say("mail.hello", "Name", line(l.Detail.Name)), "", ""),
		fill(line(i18n.T(l.ctx, "news_mail."+string(n.Kind), wordsOf(l.ctx, n)...)), "", ""),
	}
	if text := strings.TrimSpace(licensing.VeilKeys(n.Text)); text != "" {
		parts = append(parts, quote(text))
	}
	path := n.Secret
	if path == "" {
		path = n.Path
	}
	if path != "" {
		parts = append(parts, l.baseURL+path)
	}
	return strings.Join(append(parts, l.foot()), "\n\n") + "\n"
}
