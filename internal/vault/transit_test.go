package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// transitServer is a small fake of a transit engine, with one key of AES-256-GCM.
type transitServer struct {
	*httptest.Server
	status int // what it answers instead, if not 0
}

const sesame = "s.opensesame"

func newTransit(t *testing.T) *transitServer {
	t.Helper()
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	block, err := aes.NewCipher(secret)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	s := &transitServer{}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, gcm) }))
	t.Cleanup(s.Close)
	return s
}

func (s *transitServer) answer(w http.ResponseWriter, r *http.Request, gcm cipher.AEAD) {
	var q struct {
		Plaintext  string `json:"plaintext"`
		Ciphertext string `json:"ciphertext"`
		Associated string `json:"associated_data"`
	}
	ad := func() []byte { b, _ := base64.StdEncoding.DecodeString(q.Associated); return b }
	say := func(field, value string) { fmt.Fprintf(w, `{"data":{%q:%q}}`, field, value) }
	_ = json.NewDecoder(r.Body).Decode(&q)
	switch {
	case s.status == http.StatusTemporaryRedirect:
		http.Redirect(w, r, "https://elsewhere.example/", s.status)
	case s.status != 0:
		w.WriteHeader(s.status)
	case r.Header.Get("X-Vault-Token") != sesame:
		w.WriteHeader(http.StatusForbidden)
	case r.Method == http.MethodPost && r.URL.Path == "/v1/secrets/transit/encrypt/keyhall":
		plain, _ := base64.StdEncoding.DecodeString(q.Plaintext)
		say("ciphertext", "vault:v1:"+base64.StdEncoding.EncodeToString(gcm.Seal(nil, nil, plain, ad())))
	case r.Method == http.MethodPost && r.URL.Path == "/v1/secrets/transit/decrypt/keyhall":
		sealed, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(q.Ciphertext, "vault:v1:"))
		plain, err := gcm.Open(nil, nil, sealed, ad())
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		say("plaintext", base64.StdEncoding.EncodeToString(plain))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (s *transitServer) address(name string) string {
	return strings.Replace(s.URL, "https://", TransitScheme, 1) + "/secrets/transit/keys/" + name
}

func (s *transitServer) access(token string) Access {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return Access{Token: token, Roots: pool}
}

// keeper is the server's key, asked with the token that it knows.
func (s *transitServer) keeper(t *testing.T) Keeper {
	t.Helper()
	return keeperAt(t, s.address("keyhall"), s.access(sesame))
}

func keeperAt(t *testing.T, address string, a Access) Keeper {
	t.Helper()
	k, err := InTransit(address, a)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// S-55, S-56: a keyset goes from a KEK in a file to one with a server and back, and is the
// same keyset all along; each KEK alone opens it in its time.
func TestAKeysetMovesToAServerAndBack(t *testing.T) {
	t.Parallel()
	keysetPath, kekPath := newFiles(t)
	s := newTransit(t)
	before, err := LoadFiles(keysetPath, kekPath)
	if err != nil {
		t.Fatal(err)
	}
	sealed := seal(t, before, setupKey, here)
	opens := func(k Keeper) {
		t.Helper()
		v, err := Load(keysetPath, k)
		if err != nil {
			t.Fatalf("by %s: %v", k, err)
		}
		if got, err := v.Unseal(sealed, here); err != nil || got != setupKey {
			t.Errorf("by %s: got %q, %v, want the key", k, got, err)
		}
	}
	if err := RewrapFile(keysetPath, InFile(kekPath), s.keeper(t)); err != nil {
		t.Fatalf("to the server: %v", err)
	}
	opens(s.keeper(t))
	if _, err := LoadFiles(keysetPath, kekPath); !errors.Is(err, ErrWrongKEK) && !errors.Is(err, ErrNotKeyset) {
		t.Errorf("by the file before: got %v, want refused", err)
	}
	if err := RotateFile(keysetPath, s.keeper(t)); err != nil {
		t.Fatalf("a new primary key: %v", err)
	}
	opens(s.keeper(t))
	back := kekPath + ".back"
	if err := RewrapFile(keysetPath, s.keeper(t), InFile(back)); err != nil {
		t.Fatalf("back to a file: %v", err)
	}
	opens(InFile(back))
	if info, err := os.Stat(back); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the KEK's file: got %v, %v, want mode 600", info.Mode(), err)
	}
	checkSentence(t, second(Load(keysetPath, s.keeper(t))), ErrWrongKEK, keysetPath, "does not open the keyset file")
}

func second(_ *Vault, err error) error { return err }

func TestAKeysetIsMadeUnderAServersKEK(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyset")
	s := newTransit(t)
	if err := CreateUnder(path, s.keeper(t)); err != nil {
		t.Fatal(err)
	}
	if v, err := Load(path, s.keeper(t)); err != nil || v == nil {
		t.Errorf("Load: got %v", err)
	}
	if err := CreateUnder(path, s.keeper(t)); !errors.Is(err, os.ErrExist) {
		t.Errorf("made again: got %v, want refused", err)
	}
	beside := keeperAt(t, s.address("keyhall"), Access{Token: sesame})
	if err := CreateUnder(path+"2", beside); err == nil {
		t.Error("made under a server that nobody vouches for")
	}
	if _, err := os.Stat(path + "2"); err == nil {
		t.Error("a keyset was left that nothing opens")
	}
}

// S-55, S-60: a KEK that can't be used is one plain sentence, and never the token.
func TestAKEKOutOfReachIsOnePlainSentence(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*transitServer) (address string, a Access)
		cause error
		says  string
	}{
		"the server is down":    {func(s *transitServer) (string, Access) { s.Close(); return s.address("keyhall"), s.access(sesame) }, ErrNoKEK, "can't be reached"},
		"nobody vouches for it": {func(s *transitServer) (string, Access) { return s.address("keyhall"), Access{Token: sesame} }, ErrNoKEK, "certificate"},
		"another token":         {func(s *transitServer) (string, Access) { return s.address("keyhall"), s.access("s.wrong") }, ErrNoKEK, "is not for this token"},
		"no token":              {func(s *transitServer) (string, Access) { return s.address("keyhall"), s.access("") }, ErrNoKEK, "KEYHALL_KEK_TOKEN_FILE"},
		"another key":           {func(s *transitServer) (string, Access) { return s.address("another"), s.access(sesame) }, ErrNoKEK, "is not there"},
		"a server that is sealed": {func(s *transitServer) (string, Access) {
			s.status = http.StatusServiceUnavailable
			return s.address("keyhall"), s.access(sesame)
		}, ErrNoKEK, "answers 503"},
		"a redirect": {func(s *transitServer) (string, Access) {
			s.status = http.StatusTemporaryRedirect
			return s.address("keyhall"), s.access(sesame)
		}, ErrNoKEK, "answers 307"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTransit(t)
			path := filepath.Join(t.TempDir(), "keyset")
			if err := CreateUnder(path, s.keeper(t)); err != nil {
				t.Fatal(err)
			}
			address, access := c.spoil(s)
			k := keeperAt(t, address, access)
			v, err := Load(path, k)
			if v != nil {
				t.Error("Load: got a vault, want none")
			}
			checkSentence(t, err, c.cause, address, c.says)
			if all := fmt.Sprintf("%v %+v %#v", err, k, err); strings.Contains(all, "s.opensesame") || strings.Contains(all, "s.wrong") {
				t.Errorf("the token is told: %s", all)
			}
		})
	}
	for _, address := range []string{"hcvault://", "hcvault://h:8200/transit", "hcvault://h:8200/transit/keys/", "https://h/transit/keys/k", "hcvault://u:p@h/transit/keys/k", "hcvault://h/transit/keys/a/b"} {
		if _, err := InTransit(address, Access{}); err == nil {
			t.Errorf("%s: got no error", address)
		}
	}
}

// A token in a file is read anew each time: it may have been changed.
func TestATokenIsReadFromItsFile(t *testing.T) {
	t.Parallel()
	s := newTransit(t)
	path := filepath.Join(t.TempDir(), "token")
	access := s.access("")
	access.TokenFile = path
	k := keeperAt(t, s.address("keyhall"), access)
	if err := CreateUnder(path+".keyset", k); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("without the file: got %v, want its name", err)
	}
	if err := os.WriteFile(path, []byte(sesame+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := CreateUnder(path+".keyset", k); err != nil {
		t.Errorf("with the file: got %v", err)
	}
}
