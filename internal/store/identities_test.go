package store_test

import (
	"slices"
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
)

// S-36: people add sign-in accounts to their own account and take them away, but not
// another's, not the one in use, and not the last; they are written to each time.
func TestPeopleAddAndRemoveSignInAccounts(t *testing.T) {
	t.Parallel()
	w, viewers := account(t)
	for name, v := range viewers {
		added := licensing.Identity{Issuer: "https://second.example", Subject: name + " too", PersonID: v.PersonID}
		w.must(w.LinkIdentity(t.Context(), v, added))
		if got := outcome(w.LinkIdentity(t.Context(), v, added)); got != "c" {
			t.Errorf("%s adds it again: got %s, want conflict", name, got)
		}
		if got := outcome(w.LinkIdentity(t.Context(), v, licensing.Identity{Issuer: "https://idp.example", Subject: "anna", PersonID: v.PersonID})); got != "c" {
			t.Errorf("%s adds anna's: got %s, want conflict", name, got)
		}
		list, err := w.Identities(t.Context(), v)
		if err != nil || !slices.Contains(list, added) {
			t.Errorf("%s's sign-in accounts: got %v, %v", name, list, err)
		}
		if who, err := w.PersonByIdentity(t.Context(), added.Issuer, added.Subject); err != nil || who != v.PersonID {
			t.Errorf("%s's signs in as %v, %v", name, who, err)
		}
		begun := w.sessionOf(name, name+"'s")
		w.do(`UPDATE sessions SET issuer = $2, subject = $3 WHERE hash = $1`, begun.Hash, added.Issuer, added.Subject)
		stays := w.sessionOf(name, name+"'s other")
		used := licensing.Identity{Issuer: v.Issuer, Subject: v.Subject}
		for what, c := range map[string]struct {
			id   licensing.Identity
			want string
		}{
			"the one in use":     {used, "account.identity_used"},
			"anna's":             {licensing.Identity{Issuer: "https://idp.example", Subject: "anna"}, "n"},
			"one that isn't":     {licensing.Identity{Issuer: "https://idp.example", Subject: "nobody"}, "n"},
			"nothing whatsoever": {licensing.Identity{}, "n"},
		} {
			if _, err := w.UnlinkIdentity(t.Context(), v, c.id, press("removal")); outcome(err) != c.want {
				t.Errorf("%s removes %s: got %v, want %s", name, what, err, c.want)
			}
		}
		once := press("removal")
		ended, err := w.UnlinkIdentity(t.Context(), v, added, once)
		if err != nil || len(ended) != 1 || w.goesOn(begun) || !w.goesOn(stays) {
			t.Errorf("%s removes it: got %d sessions ended, %v, want the one begun with it", name, len(ended), err)
		}
		if again, err := w.UnlinkIdentity(t.Context(), v, added, once); err != nil || len(again) != 0 {
			t.Errorf("%s, the same post again: got %v, %v, want nothing", name, again, err)
		}
		elsewhere := v // signed in with one that was taken away meanwhile
		elsewhere.Issuer, elsewhere.Subject = added.Issuer, added.Subject
		if _, err := w.UnlinkIdentity(t.Context(), elsewhere, list[0], press("removal")); outcome(err) != "n" {
			t.Errorf("%s removes the last: got %v, want refused", name, err)
		}
		families := int64(max(1, len(v.Roots)))
		for _, action := range []string{"identity.linked", "identity.unlinked"} {
			if n := w.count(`SELECT count(*) FROM audit WHERE action = $1 AND actor_id = $2 AND detail->>'provider' = 'second.example'`, action, v.PersonID); n != families {
				t.Errorf("%s's chains say %s %d times, want %d", name, action, n, families)
			}
		}
		if n := w.count(`SELECT count(*) FROM mails WHERE person_id = $1 AND event LIKE 'identity_%'`, v.PersonID); n != 2 {
			t.Errorf("mails to %s: got %d, want 2", name, n)
		}
	}
	if n := w.count(`SELECT count(*) FROM identities WHERE subject = 'anna' AND person_id = $1`, w.person["anna"].ID); n != 1 {
		t.Errorf("anna's sign-in account: got %d, want 1", n)
	}
	w.whole()
}

// S-48: whoever takes away their last sign-in account of a provider keeps no right by its
// groups: it would never say that they left.
func TestRightsByGroupGoWithTheLastSignInAccount(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	w.must(w.mapped("anna", suomi, nordviks, "keys", licensing.KeyViewer))
	kevin := w.someone("kevin")
	for _, subject := range []string{"kevin", "kevin.k"} {
		w.must(w.AddIdentity(t.Context(), w.op, licensing.Identity{Issuer: nordviks, Subject: subject, PersonID: kevin.ID}))
		_, err := w.arrives(nordviks, subject, "keys")
		w.must(err)
	}
	for _, c := range []struct {
		subject string
		may     licensing.Permission
	}{{"kevin", licensing.KeyViewer.Permissions()}, {"kevin.k", 0}} {
		_, err := w.UnlinkIdentity(t.Context(), w.as("kevin"), licensing.Identity{Issuer: nordviks, Subject: c.subject, PersonID: kevin.ID}, press("unlink"))
		w.must(err)
		if v := w.as("kevin"); v.May != c.may {
			t.Errorf("without %s: got permissions %b, want %b", c.subject, v.May, c.may)
		}
	}
	if n := w.entries("role.ended", licensing.Done); n != 1 {
		t.Errorf("on record: got %d, want 1", n)
	}
	w.whole()
}
