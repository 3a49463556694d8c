// Package config is the configuration of `miniflow serve`: one strict YAML file, overridden
// by environment variables, with secrets in files where wanted.
//
// It promises that a [Config] that [Load] returns is complete: every key of the file was
// known, every relation between fields holds, and what is missing has its default. Otherwise
// all problems are returned together, each with the field, the file's line or the variable's
// name, and what to do. A secret is never part of a problem, nor of any text that a Config
// prints.
//
// A variable is MINIFLOW_ and the field's path in capitals: MINIFLOW_LISTEN,
// MINIFLOW_LOG_LEVEL. An entry of a list is named by its app_id, name or id, or by its index
// from 0: MINIFLOW_APPS_2021000000000001_PRIVATE_KEY. Lists of words are separated by commas.
// A variable takes precedence over the file.
//
// Every field x that has a companion x_file can be given as the path of a file (a mounted
// secret) instead, in the YAML and as a variable ending in _FILE. Paths are relative to the
// configuration file.
//
// Keys and certificates stay text here, because package alipay/keys reads them. Code that
// finds one unreadable names its line with [Config.Where].
package config
