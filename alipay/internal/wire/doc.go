// Package wire reads JSON, charsets and times as Alipay writes them. It serves notifications
// and the gateway's answers alike, because the same systems write both: exact names of
// members, numbers in strings, objects in strings, GBK, and texts that have to be mended
// before any JSON reader takes them.
package wire
