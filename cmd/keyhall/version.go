package main

import (
	"fmt"
	"runtime/debug"
)

// release is set by the build: go build -ldflags "-X main.release=v1.2.3".
var release string

type versionCommand struct{}

// Run prints one line.
func (versionCommand) Run() error {
	fmt.Println("keyhall", version())
	return nil
}

// version is the release, or the commit of a build that has none.
func version() string {
	if release != "" {
		return release
	}
	built, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range built.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return "development"
}
