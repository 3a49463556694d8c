// Package consoletest uses the console as people do: in a headless Chromium, in both languages, at a
// desk and on a phone, with JavaScript and without, against a standalone of its own.
package consoletest
