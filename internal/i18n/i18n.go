// Package i18n says things in the reader's language: texts and plurals from the
// files in locales, numbers, dates and times.
//
// It is not for files or the API, whose formats don't depend on who reads them: the
// numbers here hold U+00A0 and U+2212. It knows no page, no role and no product;
// what is translated is named by a key such as "request.granted".
//
// The files have go-i18n's syntax and are read by it. Its Localize runs a template on
// each call, which is too slow for a page of thirty rows, so every message is taken
// apart once at the start and said by copying its parts.
package i18n

import (
	"context"
	"slices"
	"time"

	"github.com/go-playground/locales"
	"github.com/go-playground/locales/en_GB"
	"github.com/go-playground/locales/fi"
	"github.com/go-playground/locales/nb"
	"github.com/go-playground/locales/nl"
	"github.com/go-playground/locales/sv"
	"golang.org/x/text/language"
)

// language codes in the order they are offered; the first is what everything falls back to.
var codes = []string{"en", "fi", "nb", "sv", "nl"}

// names are what the languages call themselves.
var names = map[string]string{
	"en": "English", "fi": "Suomi", "nb": "Norsk bokmål", "sv": "Svenska", "nl": "Nederlands",
}

var translators = map[string]locales.Translator{
	"en": en_GB.New(), "fi": fi.New(), "nb": nb.New(), "sv": sv.New(), "nl": nl.New(),
}

// Languages lists the codes of the languages, the default first.
func Languages() []string { return slices.Clone(codes) }

// Name returns what a language calls itself, and the code for one we don't speak.
func Name(lang string) string {
	if n, ok := names[lang]; ok {
		return n
	}
	return lang
}

// reader is what a context knows about who reads.
type reader struct {
	*catalogue
	zone *time.Location
}

type readerKey struct{}

var anyone = &reader{catalogue: catalogues[codes[0]], zone: time.UTC}

func of(ctx context.Context) *reader {
	if r, ok := ctx.Value(readerKey{}).(*reader); ok {
		return r
	}
	return anyone
}

// With returns a context in which everything is said in lang, or in English if we
// don't speak it.
func With(ctx context.Context, lang string) context.Context {
	c, ok := catalogues[lang]
	if !ok {
		c = anyone.catalogue
	}
	return context.WithValue(ctx, readerKey{}, &reader{catalogue: c, zone: of(ctx).zone})
}

// WithZone returns a context in which moments are shown in a time zone; it is UTC
// until somebody says otherwise.
func WithZone(ctx context.Context, zone *time.Location) context.Context {
	return context.WithValue(ctx, readerKey{}, &reader{catalogue: of(ctx).catalogue, zone: zone})
}

// Lang returns the code of the context's language, "en" where none is set.
func Lang(ctx context.Context) string { return of(ctx).lang }

// Readers of Nynorsk get Bokmål even if they would take English too, hence a tag more
// than there are languages.
var matcher = language.NewMatcher([]language.Tag{
	language.BritishEnglish, language.Finnish, language.MustParse("nb"),
	language.Swedish, language.Dutch, language.MustParse("nn"),
})

// Match picks the language for a reader: the account's wish, else the cookie's, else
// the best for an Accept-Language header, else English. Anything malformed is passed over.
func Match(acceptLanguage, cookie, account string) string {
	for _, wish := range []string{account, cookie} {
		if _, ok := catalogues[wish]; ok {
			return wish
		}
	}
	// The tag that comes back carries the reader's extensions; only the index is ours.
	_, i := language.MatchStrings(matcher, account, cookie, acceptLanguage)
	if i == len(codes) {
		return "nb"
	}
	return codes[i]
}
