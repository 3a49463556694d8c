// Package docstest reads Miniflow's documents the way a newcomer does: it runs
// every command that they show, against the programs and a real Temporal, and holds
// every flag, call, metric, setting and word that they name against what there is.
//
// The commands are taken from the documents themselves. A command that no row of the
// table knows fails, and so does a row whose command is shown nowhere.
package docstest
