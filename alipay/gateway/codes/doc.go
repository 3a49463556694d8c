// Package codes says what a refusal by Alipay means for the caller. Its tables are
// data, one line a code, and are kept apart from the client, because the same sub code
// means different things at different methods and people look them up by method.
package codes
