// Package words makes the sentences that people read, in English and in 简体中文. What is kept,
// sent or compared is a [Text]: a code and its arguments. A sentence is made of it where somebody
// reads it: by the language of a request, of a command line, of an app's configuration.
//
// There is one catalogue. Codes, names of stages, holds, commands, fields and settings are the same
// in every language, and so are Alipay's own words: they are arguments.
package words
