// Package wire reads JSON, charsets and times as Alipay writes them, for notifications and
// for the gateway's answers alike: exact names of members, numbers in strings, objects in
// strings, GBK, and texts that have to be mended before any JSON reader takes them.
package wire
