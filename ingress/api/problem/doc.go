// Package problem defines the errors of the REST API: application/problem+json of RFC 9457,
// with every bad field named, and never with a value that the caller sent.
package problem
