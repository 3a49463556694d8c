package command

import (
	"github.com/alecthomas/kong"

	"miniflow/words"
)

// LanguageFlag is --lang, for programs whose commands speak both languages. Help, and what kong says
// of a wrong flag, stay English.
type LanguageFlag struct {
	Lang string `help:"What people are told in: en or zh-CN; else what LC_ALL, LC_MESSAGES or LANG names, else en." enum:",en,zh-CN" default:"" env:"MINIFLOW_LANG"`
}

// languageOf is what the flag names, or the environment.
func languageOf(line *kong.Context, env *Env) words.Language {
	for _, flag := range line.Model.Flags {
		if flag.Name == langFlag {
			if named, _ := line.FlagValue(flag).(string); named != "" {
				return words.Language(named)
			}
		}
	}
	return localeOf(line.Model.Flags, env)
}

// localeOf is the environment's language: of the three variables the first that is set decides, as
// POSIX has it. A program without the flag speaks English.
func localeOf(flags []*kong.Flag, env *Env) words.Language {
	speaks := false
	for _, flag := range flags {
		speaks = speaks || flag.Name == langFlag
	}
	if !speaks || env.Getenv == nil {
		return ""
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale := env.Getenv(name); locale != "" {
			language, _ := words.OfLocale(locale)
			return language
		}
	}
	return words.English
}
