// Package problem is how the REST API says no: application/problem+json of RFC 9457,
// with every bad field named, and never with a value that the caller sent.
package problem
