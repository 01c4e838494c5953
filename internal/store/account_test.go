package store_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// account is a world with a customer in two families, an agent, an operator, and somebody
// who reaches nothing.
func account(t *testing.T) (w *world, viewers map[string]licensing.Viewer) {
	t.Helper()
	w, _, _ = twoFamilies(t)
	w.someone("gast")
	viewers = map[string]licensing.Viewer{"bo": w.as("bo"), "gast": w.as("gast")}
	for name, role := range map[string]licensing.Role{"sofia": licensing.SupportAgent, "oskar": licensing.Operator} {
		w.someone(name)
		v := w.as(name)
		v.Staff, v.May = role, role.Permissions()
		viewers[name] = v
	}
	return w, viewers
}

// idOf is what the owner of a session calls it by.
func (w *world) idOf(n licensing.Session) uuid.UUID {
	w.t.Helper()
	kept, err := w.Session(w.t.Context(), n.Hash)
	w.must(err)
	return kept.ID
}

func (w *world) goesOn(n licensing.Session) bool {
	w.t.Helper()
	_, err := w.Session(w.t.Context(), n.Hash)
	if err != nil && !errors.Is(err, licensing.ErrNotFound) {
		w.t.Fatal(err)
	}
	return err == nil
}

// S-49: people list and end their own sessions, whoever they are, and no other's.
func TestPeopleEndTheirOwnSessions(t *testing.T) {
	t.Parallel()
	w, viewers := account(t)
	strangers := w.session("anna's")
	for name, v := range viewers {
		here, there, third := w.sessionOf(name, name+" here"), w.sessionOf(name, name+" there"), w.sessionOf(name, name+" third")
		list, err := w.Sessions(t.Context(), v)
		if err != nil || len(list) != 3 {
			t.Fatalf("%s: got %d sessions, %v, want 3", name, len(list), err)
		}
		for _, n := range list {
			if n.Hash != nil || n.IDToken != nil || n.ID == uuid.Nil || n.Address != here.Address || n.Agent != here.Agent || n.StartedAt.IsZero() {
				t.Errorf("%s's list has %+v", name, n)
			}
		}
		_, err = w.EndOwnSession(t.Context(), v, w.idOf(strangers), press("end"))
		if !errors.Is(err, licensing.ErrNotFound) || !w.goesOn(strangers) {
			t.Errorf("%s ends anna's session: got %v, want not found", name, err)
		}
		once := press("end")
		ended, err := w.EndOwnSession(t.Context(), v, w.idOf(there), once)
		if err != nil || len(ended) != 1 || !bytes.Equal(ended[0], there.Hash) || w.goesOn(there) || !w.goesOn(here) {
			t.Errorf("%s ends a session: got %x, %v, want %x and no other gone", name, ended, err, there.Hash)
		}
		if again, err := w.EndOwnSession(t.Context(), v, list[0].ID, once); err != nil || len(again) != 0 {
			t.Errorf("%s, the same post again: got %x, %v, want nothing", name, again, err)
		}
		ended, err = w.EndOtherSessions(t.Context(), v, w.idOf(here), press("others"))
		if err != nil || len(ended) != 1 || w.goesOn(third) || !w.goesOn(here) || !w.goesOn(strangers) {
			t.Errorf("%s ends all others: got %x, %v, want the third gone alone", name, ended, err)
		}
		families := int64(max(1, len(v.Roots)))
		if n := w.count(`SELECT count(*) FROM audit WHERE action = 'session.ended' AND actor_id = $1 AND (detail->>'sessions')::int = 1`, v.PersonID); n != 2*families {
			t.Errorf("%s's chains say %d ended sessions, want 2 in each of %d", name, n, families)
		}
	}
	w.whole()
}

func TestPeopleChooseTheirLanguage(t *testing.T) {
	t.Parallel()
	w, viewers := account(t)
	for name, v := range viewers {
		for _, lang := range []string{"fi", ""} {
			once := press("language")
			for range 2 {
				w.must(w.ChooseLanguage(t.Context(), v, lang, once))
			}
			if got := w.as(name).Locale; got != lang {
				t.Errorf("%s chose %q: got %q", name, lang, got)
			}
		}
		if err := w.ChooseLanguage(t.Context(), v, "xx", press("language")); err == nil {
			t.Errorf("%s chose a language that isn't", name)
		}
		families := int64(max(1, len(v.Roots)))
		if n := w.count(`SELECT count(*) FROM audit WHERE action = 'person.language_set' AND actor_id = $1`, v.PersonID); n != 2*families {
			t.Errorf("%s's chains say %d languages, want 2 in each of %d", name, n, families)
		}
	}
	if n := w.count(`SELECT count(*) FROM persons WHERE locale <> ''`); n != 0 {
		t.Errorf("%d others were given a language", n)
	}
	w.whole()
}

// Single-letter shortcuts are switched off and on by each person for themselves, on record.
func TestPeopleChooseTheirShortcuts(t *testing.T) {
	t.Parallel()
	w, viewers := account(t)
	for name, v := range viewers {
		for _, on := range []bool{false, true, false} {
			once := press("shortcuts")
			for range 2 {
				w.must(w.ChooseShortcuts(t.Context(), v, on, once))
			}
			if got := w.as(name).Plain; got == on {
				t.Errorf("%s chose %v: got them off: %v", name, on, got)
			}
		}
		families := int64(max(1, len(v.Roots)))
		if n := w.count(`SELECT count(*) FROM audit WHERE action = 'person.shortcuts_set' AND actor_id = $1`, v.PersonID); n != 3*families {
			t.Errorf("%s's chains say %d choices, want 3 in each of %d", name, n, families)
		}
	}
	if n := w.count(`SELECT count(*) FROM persons WHERE no_shortcuts`); n != int64(len(viewers)) {
		t.Errorf("people without shortcuts: got %d, want the %d who chose so", n, len(viewers))
	}
	w.whole()
}

// What people did with keys they are shown with its product, as long as they may see
// the key; of others' acts nothing.
func TestPeopleSeeTheirOwnUseOfKeys(t *testing.T) {
	t.Parallel()
	w, agent, _ := acted(t)
	w.begin(w.as("kaisa"), "74120935")
	kaisa, err := w.OwnUse(t.Context(), w.as("kaisa"))
	w.must(err)
	if len(kaisa) != 2 || kaisa[0].Action != "file.started" || kaisa[0].Product != 0 || kaisa[1].Action != "key.copied" ||
		kaisa[1].Product != w.product[office] || kaisa[1].Number != "74120935" || kaisa[1].Detail["last5"] == nil || kaisa[1].Rights == 0 {
		t.Errorf("kaisa's use: got %+v", kaisa)
	}
	lena, err := w.OwnUse(t.Context(), w.as("lena"))
	if err != nil || len(lena) != 1 || lena[0].Outcome != licensing.Refused {
		t.Errorf("lena's use: got %+v, %v, want the refusal", lena, err)
	}
	_, err = w.RevealKey(t.Context(), agent, uuid.MustParse(kaisa[1].Object[len("key/"):]), store.ToShow)
	if !errors.Is(err, licensing.ErrForbidden) {
		t.Fatalf("support reveals: got %v", err)
	}
	if sofia, err := w.OwnUse(t.Context(), agent); err != nil || len(sofia) != 1 || sofia[0].Product != w.product[office] {
		t.Errorf("sofia's use: got %+v, %v, want one refusal", sofia, err)
	}
	w.do(`UPDATE reach SET rights = 1 WHERE person_id = $1`, w.person["kaisa"].ID)
	if kaisa, err = w.OwnUse(t.Context(), w.as("kaisa")); err != nil || len(kaisa) != 2 || kaisa[1].Product != 0 {
		t.Errorf("kaisa's use without a right to the key: got %+v, %v, want no product", kaisa, err)
	}
}

// People refuse mail about what they choose; the notice stays. What was chosen is theirs
// alone, and is on record.
func TestPeopleChooseTheirMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.staffed()
	anna := w.as("anna")
	refuse := func(groups ...licensing.MailGroup) {
		t.Helper()
		once := press("mail")
		for range 2 {
			w.must(w.RefuseMail(t.Context(), anna, groups, once))
		}
		if got, err := w.UnwantedMail(t.Context(), anna); err != nil || !slices.Equal(got, groups) {
			t.Errorf("refused %v: got %v, %v", groups, got, err)
		}
	}
	told := func(minute int, mails int) {
		t.Helper()
		w.inform("sofia", "anna", r, w.event(r, "sofia", licensing.EventAsked, minute))
		if n := len(w.notices("anna")); n != minute {
			t.Errorf("notices: got %d, want %d", n, minute)
		}
		if n := len(w.mails()); n != mails {
			t.Errorf("mails: got %d, want %d", n, mails)
		}
	}
	told(1, 1)
	refuse(licensing.MailRequests)
	told(2, 1)
	w.inform("anna", "sofia", r, w.event(r, "anna", licensing.EventAnswered, 3))
	if n := len(w.mails()); n != 2 {
		t.Errorf("mails, one of them to somebody else: got %d, want 2", n)
	}
	refuse(licensing.MailRights)
	told(3, 3)
	refuse()
	if err := w.RefuseMail(t.Context(), anna, []licensing.MailGroup{licensing.MailSecurity}, press("mail")); err == nil {
		t.Error("mail about security was refused")
	}
	if n := w.entries("person.mail_set", licensing.Done); n != 3 {
		t.Errorf("entries: got %d, want 3", n)
	}
	w.whole()
}
