package config

import (
	"path/filepath"
	"time"

	"miniflow/order"
)

// Accept is what has to have a notification before it is acknowledged.
type Accept string

const (
	// AcceptTemporal means that Temporal has it. Nothing is on the disk of the process.
	AcceptTemporal Accept = "temporal"
	// AcceptJournal means that the door's journal has it, from where Temporal gets it.
	AcceptJournal Accept = "journal"
)

// Door is how a notification is made durable before it is acknowledged.
type Door struct {
	// Accept is temporal or journal. Default temporal, because a journal wants a disk that
	// outlives its process: messages that are lost with it were acknowledged, and Alipay never
	// sends them again.
	Accept Accept `yaml:"accept"`
	// Journal is where messages wait until Temporal takes them. With accept: temporal a
	// directory that is named is emptied and gets nothing new, so that the setting can be
	// changed back.
	Journal Journal `yaml:"journal"`
}

// Journal is a local queue of what Temporal has not taken yet, normally empty. At each of its
// bounds notifications are answered `fail`, as without a journal while Temporal is down.
type Journal struct {
	// Dir is its directory, an absolute path, made at the first start. Every process has to
	// have one of its own. No default, because only the operator knows which disk lasts.
	Dir string `yaml:"dir"`
	// MaxMessages is how many messages may wait; each takes about 400 bytes of memory.
	// Default 100000.
	MaxMessages int `yaml:"max_messages"`
	// MaxBytes is how much its files may take; a message takes some kilobytes. Default 512
	// MiB.
	MaxBytes int64 `yaml:"max_bytes"`
	// MaxAge is how long the oldest message may wait before no more are accepted. Default 24h,
	// about as long as Alipay repeats a message; at most 168h, because a message that is
	// dispatched again is recognised only as long as the namespace keeps its workflow.
	MaxAge order.Duration `yaml:"max_age"`
}

const maxJournalAge = 7 * 24 * time.Hour

func (v *validator) door() {
	door := v.config.Door
	oneOf(v, "door.accept", door.Accept, []Accept{AcceptTemporal, AcceptJournal})
	switch dir := door.Journal.Dir; {
	case dir == "" && door.Accept == AcceptJournal:
		v.problem("door.journal.dir", "is missing; name a directory on a disk that outlives the process, one for each process")
	case dir != "" && !filepath.IsAbs(dir):
		v.problem("door.journal.dir", "has to be an absolute path: a message must be found again wherever the process is started")
	}
	for _, bound := range []struct {
		path     string
		positive bool
	}{
		{"door.journal.max_messages", door.Journal.MaxMessages > 0},
		{"door.journal.max_bytes", door.Journal.MaxBytes > 0},
		{"door.journal.max_age", door.Journal.MaxAge > 0},
	} {
		if !bound.positive {
			v.problem(bound.path, "has to be more than nothing")
		}
	}
	if door.Journal.MaxAge.Std() > maxJournalAge {
		v.problem("door.journal.max_age", "is more than %v; a message that is dispatched again has to be recognised by the workflow that took it", maxJournalAge)
	}
}
