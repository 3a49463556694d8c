// Package option has the one option that the server gives to the client of Google's cloud storage.
// Together with package iterator it stands in for google.golang.org/api, which brings Google's
// ways to sign in.
package option

// WithTokenSource returns an option without an effect, for a client that doesn't exist.
func WithTokenSource(any) any { return nil }
