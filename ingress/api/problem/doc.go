// Package problem defines the errors of the REST API: application/problem+json of RFC 9457,
// with every bad field named so that a caller corrects them in one go, and never with a value
// that the caller sent.
package problem
