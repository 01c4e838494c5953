package main

import (
	"log"
	"log/slog"
	"os"

	"github.com/keyhall/keyhall/internal/config"
)

// levelOf reads the level, which config has judged already.
func levelOf(c config.Config) slog.Level {
	var l slog.Level
	_ = l.UnmarshalText([]byte(c.LogLevel))
	return l
}

// logJSON makes the log for machines, one JSON object a line on standard error.
func logJSON(c config.Config) *slog.Logger {
	return everywhere(slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: levelOf(c)})))
}

// logText makes the log for somebody at a terminal. What only says that all is well
// would bury the one line that matters there.
func logText(c config.Config) *slog.Logger {
	level := levelOf(c)
	if level == slog.LevelInfo {
		level = slog.LevelWarn
	}
	return everywhere(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})))
}

// everywhere makes it the log of libraries too.
func everywhere(l *slog.Logger) *slog.Logger {
	slog.SetDefault(l)
	log.SetFlags(0)
	return l
}
