// Package synth writes the log of an old handler that has never been: as many lines as asked for,
// from a seed, with losses, repeats, conflicts and forgeries planted, in the shapes that handlers log
// in. It returns what it has planted, so that a backtest can be held to it exactly.
//
// It shares no code with what reads the log: its signing and its shapes are a second reading.
package synth
