// Command make writes a synthetic log, the key that verifies it, and what was planted in it, into a
// folder: log.txt, alipay_public.pem and truth.json.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"miniflow/cmd/miniflow/internal/backtest/synth"
)

func main() {
	log := synth.Log{}
	flag.IntVar(&log.Lines, "lines", 10_000, "how many lines")
	flag.Uint64Var(&log.Seed, "seed", 1, "the same seed is the same log")
	flag.IntVar(&log.Noise, "noise", 20, "one line of how many is about something else; 0 is none")
	flag.IntVar(&log.Forgeries, "forgeries", 100, "one line of how many is forged; 0 is none")
	folder := flag.String("to", ".", "the folder")
	flag.Parse()
	if err := write(log, *folder); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "make:", err)
		os.Exit(1)
	}
}

func write(log synth.Log, folder string) error {
	file, err := os.Create(filepath.Join(folder, "log.txt")) //nolint:gosec // the caller names the folder
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(file, 1<<20)
	truth, key, err := log.Write(buffered)
	if err = errors.Join(err, buffered.Flush(), file.Close()); err != nil {
		return err
	}
	public, err := key.PublicPEM()
	if err != nil {
		return err
	}
	planted, err := json.MarshalIndent(truth, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(filepath.Join(folder, "alipay_public.pem"), public, 0o600),
		os.WriteFile(filepath.Join(folder, "truth.json"), planted, 0o600))
}
