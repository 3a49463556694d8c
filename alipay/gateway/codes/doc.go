// Package codes defines what a refusal by Alipay means for the caller. Its tables are data,
// one line for each code, and are separate from the client because the same sub code means
// different things for different methods, and people look codes up by method.
package codes
