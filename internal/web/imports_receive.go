package web

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/keyfile"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/views"
)

const (
	maxField = 200 // bytes of a field that is no file
	maxParts = 20  // fields
	maxName  = 120 // characters of a file's name
)

// receiveUpload takes in a key file as it arrives: no more of it is in memory than a
// piece. It is the one route that takes a large body, and the one that may take long.
func (s *Server) receiveUpload(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), sendingTime)
	defer cancel()
	body := newArriving(c)
	c.Request().Body = body
	in := &incoming{s: s, c: c, ctx: ctx, form: url.Values{}}
	target, err := in.receive()
	if err == nil {
		return c.Redirect(http.StatusSeeOther, target)
	}
	// Browsers send all of a form before they read the answer.
	body.drain()
	if in.file != nil {
		in.file.Abandon()
	}
	status := http.StatusUnprocessableEntity
	if errors.Is(err, errTooMuch) {
		status, err = http.StatusRequestEntityTooLarge, licensing.Problems{{Field: "file", Message: "imports.file.large"}}
	}
	problems, wrong := errors.AsType[licensing.Problems](err)
	if !wrong {
		return err
	}
	return s.importsPage(c, status, keptForm(in.form, problems))
}

// incoming is a form with a file on its way. The hidden field stands before the file.
type incoming struct {
	s    *Server
	c    echo.Context
	ctx  context.Context
	form url.Values
	file *store.Reception
	name string
}

// receive reads the form to its end, and returns where the file's page is. What is
// wrong with the form is licensing.Problems.
func (in *incoming) receive() (string, error) {
	parts, err := in.c.Request().MultipartReader()
	if err != nil {
		return "", echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
	}
	for range maxParts {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return in.finish()
		}
		if err != nil {
			return "", tornForm(err)
		}
		if err := in.part(p); err != nil {
			return "", err
		}
	}
	return "", errBadText
}

// tornForm is a body that is no form, that ended too early, or that stopped coming.
func tornForm(err error) error {
	if errors.Is(err, errTooMuch) {
		return err
	}
	return echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
}

func (in *incoming) part(p *multipart.Part) error {
	name := p.FormName()
	if in.form.Has(name) || !sound(name) || in.file != nil && name == "file" {
		return errBadText // S-30: each field once
	}
	if name == "file" {
		return in.receiveFile(p)
	}
	text, err := io.ReadAll(io.LimitReader(p, maxField+1))
	if err != nil {
		return tornForm(err)
	}
	if len(text) > maxField || !sound(string(text)) {
		return errBadText
	}
	in.form.Set(name, string(text))
	return nil
}

// receiveFile looks at how the file begins, and takes it in.
func (in *incoming) receiveFile(p *multipart.Part) error {
	if !onceShape.MatchString(in.form.Get("once")) {
		return licensing.Problems{{Field: "once", Message: "form.once"}}
	}
	in.name = fileName(p.FileName())
	b := bufio.NewReaderSize(p, headSize)
	head, err := b.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return tornForm(err)
	}
	if len(head) == 0 && p.FileName() == "" {
		return licensing.Problems{{Field: "file", Message: "imports.file.missing"}}
	}
	if err := recognise(head); err != nil {
		return err
	}
	if in.file, err = in.s.Store.ReceiveUpload(in.ctx, viewer(in.c), licensing.Once{Route: in.c.Path(), Key: in.form.Get("once")}); err != nil {
		return err
	}
	n, err := io.Copy(in.file, io.LimitReader(b, licensing.MaxUpload+1))
	if n > licensing.MaxUpload {
		return errTooMuch
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrDeadlineExceeded) {
		return tornForm(err)
	}
	return err
}

// headSize is how much of a file tells what it is: the longest line of headings.
const headSize = 64 << 10

// recognise refuses at once what isn't a key file at first sight (S-33). A workbook has
// to be whole before more can be said.
func recognise(head []byte) error {
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return nil
	}
	_, err := keyfile.NewReader(bytes.NewReader(head))
	bad, ok := errors.AsType[*licensing.FileError](err)
	switch {
	case !ok || bad.Code == keyfile.FileEmpty && len(head) == headSize:
		return nil
	case len(bad.Missing) > 0:
		return licensing.Problems{{Field: "file", Message: "imports.lacks", Args: map[string]any{"Columns": strings.Join(bad.Missing, ", ")}}}
	}
	return licensing.Problems{{Field: "file", Message: "imports.file." + bad.Code}}
}

// fileName is a name to show: without folders of any system, without what turns the
// direction of text or isn't shown at all (S-34), and without a product key (S-59).
func fileName(sent string) string {
	sent = sent[strings.LastIndexAny(sent, `/\`)+1:]
	name := strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) || !sound(string(r)) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(sent, ""))
	name = licensing.VeilKeys(name)
	if cut := []rune(name); len(cut) > maxName {
		name = string(cut[:maxName])
	}
	if name = strings.Trim(name, " ."); name == "" {
		return "keys"
	}
	return name
}

// finish has the file checked, if all of the form is right.
func (in *incoming) finish() (string, error) {
	o, err := in.options()
	if err != nil {
		return "", err
	}
	if in.file == nil {
		return "", licensing.Problems{{Field: "file", Message: "imports.file.missing"}}
	}
	id, err := in.file.Finish(in.name, o)
	return views.UploadPath(id), err
}

func (in *incoming) options() (o licensing.ImportOptions, err error) {
	o = licensing.ImportOptions{
		Create: in.form.Get("create") == "1", LowerGranted: in.form.Get("lower") == "1", Pool: licensing.Pool(in.form.Get("pool")),
	}
	if o.Pool == "" {
		o.Pool = licensing.PoolApplications
	}
	if !slices.Contains(licensing.Pools(), o.Pool) {
		return o, errBadText
	}
	day := in.form.Get("as_of")
	if day == "" {
		return o, nil
	}
	if o.AsOf, err = time.Parse(time.DateOnly, day); err != nil || o.AsOf.Year() < 2000 {
		return o, licensing.Problems{{Field: "as_of", Message: "imports.no_day"}}
	}
	if o.AsOf.After(in.s.Now()) {
		return o, licensing.Problems{{Field: "as_of", Message: "imports.future"}}
	}
	return o, nil
}
