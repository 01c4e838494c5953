package localpg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that the server runs as.
type account struct {
	name     string
	uid, gid int
	switched bool // we are root, and the server must not be
}

// accountFor says who runs the server of a folder: ourselves or, as PostgreSQL
// refuses to run as root, whoever owns the cluster that is there, else postgres,
// else nobody.
func accountFor(dir string) (account, error) {
	if uid := os.Geteuid(); uid != 0 {
		return account{name: strconv.Itoa(uid), uid: uid, gid: os.Getegid()}, nil
	}
	if uid, gid, err := owner(filepath.Join(dir, "data")); err == nil && uid != 0 {
		return account{name: strconv.Itoa(uid), uid: uid, gid: gid, switched: true}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ := strconv.Atoi(u.Uid) // numbers on every Unix
			gid, _ := strconv.Atoi(u.Gid)
			return account{name: name, uid: uid, gid: gid, switched: true}, nil
		}
	}
	return account{}, errors.New("PostgreSQL does not run as root, and this machine has neither a user postgres nor a user nobody; run Keyhall as another user")
}

// attributes are those of a process of the server: a session, and so a process
// group, of its own, so that Ctrl-C reaches Keyhall only, which stops the server
// when it has finished with it.
func (a account) attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setsid: true}
	if a.switched {
		attributes.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return attributes
}

// mayEnter checks that the account can pass through a folder and all above it. Only
// root needs to ask: anybody else has got there already.
func (a account) mayEnter(dir string) error {
	if !a.switched {
		return nil
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := a.mayEnter(parent); err != nil {
			return err
		}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&a.searchBit(info) == 0 {
		return fmt.Errorf("PostgreSQL runs as the user %s, who may not enter %s; choose another folder, or allow it with: chmod o+x %s", a.name, dir, dir)
	}
	return nil
}

func (a account) searchBit(info fs.FileInfo) fs.FileMode {
	stat := info.Sys().(*syscall.Stat_t)
	switch {
	case int(stat.Uid) == a.uid:
		return 0o100
	case int(stat.Gid) == a.gid:
		return 0o010
	}
	return 0o001
}

// owner tells who owns a file, or the link itself if it is one.
func owner(path string) (uid, gid int, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, 0, err
	}
	stat := info.Sys().(*syscall.Stat_t)
	return int(stat.Uid), int(stat.Gid), nil
}
