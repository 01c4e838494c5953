package demoidp

import (
	"bytes"
	"html/template"
	"net/http"
	"slices"
	"strings"
)

// pages are plain HTML without a script or a style of their own, so that they live
// under the portal's policy. The form has no action: it posts to the address that it
// came from, with the whole question in it.
var pages = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="{{.Language}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>{{.Title}}{{with .Name}} · {{.}}{{end}}</title>{{with .Stylesheet}}<link rel="stylesheet" href="{{.}}">{{end}}</head>
<body>
<main id="main">
<section class="sheet card">
<h1>{{.Title}}{{with .Name}} · {{.}}{{end}}</h1>
<p>{{.Text}}</p>
{{- if .Accounts}}
<form method="post">
<ul class="choose">
{{- range $i, $a := .Accounts}}
<li><button name="account" value="{{$a.Email}}"{{if eq $a.Email $.Hint}} class="primary" autofocus{{end}} aria-describedby="about-{{$i}}">{{$a.Email}}</button><span id="about-{{$i}}">{{$a.Name}}{{with $a.Note}}. {{call $.Say .}}{{end}}</span></li>
{{- end}}
</ul>
<p><button name="cancel" value="1" class="quiet">{{.Cancel}}</button></p>
</form>
{{- end}}
{{- with .Back}}
<p><a href="{{.}}">{{$.BackText}}</a></p>
{{- end}}
</section>
</main>
</body>
</html>
`))

type page struct {
	Language, Stylesheet string
	Title, Name, Text    string // in the reader's language
	Accounts             []Account
	Hint, Cancel         string
	Back, BackText       string
	Say                  func(key string) string // an account's note, in the reader's language
}

func (p *Provider) show(w http.ResponseWriter, r *http.Request, status int, content page) {
	content.Language, content.Stylesheet, content.Name = p.Language(r), p.Stylesheet, p.Name
	content.Say = func(key string) string { return p.Text(r, key) }
	var b bytes.Buffer
	if err := pages.Execute(&b, content); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// showAccounts shows whom one can be: the one of the hint first, and focused.
func (p *Provider) showAccounts(w http.ResponseWriter, r *http.Request, hint string) {
	accounts := slices.Clone(p.Accounts)
	slices.SortStableFunc(accounts, func(a, b Account) int {
		switch {
		case a.Email == b.Email:
			return 0
		case a.Email == hint:
			return -1
		case b.Email == hint:
			return 1
		}
		return 0
	})
	p.show(w, r, http.StatusOK, page{
		Title: p.Text(r, "idp.title"), Text: p.Text(r, "idp.intro"),
		Accounts: accounts, Hint: hint, Cancel: p.Text(r, "idp.cancel"),
		Back: p.Elsewhere, BackText: p.Text(r, "idp.elsewhere"),
	})
}

func (p *Provider) refuse(w http.ResponseWriter, r *http.Request) {
	p.show(w, r, http.StatusBadRequest, page{Title: p.Text(r, "idp.refused"), Text: p.Text(r, "idp.refused_why")})
}

// signOut confirms that someone has signed out and leads back to the client. There is
// no session here to end, so a GET changes nothing. The client is known by its name:
// an id_token_hint may be from before the last start, whose key is gone.
func (p *Provider) signOut(w http.ResponseWriter, r *http.Request) {
	v := r.URL.Query()
	back := v.Get("post_logout_redirect_uri")
	known := v.Get("client_id") == p.Client.ID && slices.Contains(p.Client.PostLogoutRedirectURIs, back)
	if repeated(v) || back != "" && !known {
		p.refuse(w, r)
		return
	}
	if state := v.Get("state"); back != "" && state != "" {
		back = withState(back, state)
	}
	if back != "" {
		w.Header().Set("Refresh", "3; url="+back)
	}
	p.show(w, r, http.StatusOK, page{
		Title: p.Text(r, "idp.signed_out"), Text: p.Text(r, "idp.signed_out_why"),
		Back: back, BackText: p.Text(r, "idp.back"),
	})
}

func withState(back, state string) string {
	separator := "?"
	if strings.Contains(back, "?") {
		separator = "&"
	}
	return back + separator + "state=" + template.URLQueryEscaper(state)
}
