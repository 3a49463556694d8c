// Package logs finds notifications in what an old handler has logged: a form anywhere in a line,
// or the JSON of its parameters behind any prefix, as UTF-8 or GBK, plain or in gzip.
//
// It judges nothing. What it returns is the body as it was posted, as far as the line holds it,
// for a verifier that decides; and how the handler answered, where the line says so.
package logs
