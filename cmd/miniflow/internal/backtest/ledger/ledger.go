package ledger

import (
	"hash/maphash"
	"math"
	"strings"

	"miniflow/cmd/miniflow/internal/backtest/judge"
	"miniflow/cmd/miniflow/internal/backtest/logs"
	"miniflow/order"
)

// Deliveries is how often Alipay sends a message, the first time included. Who has seen it so often
// has not accepted it, and no more come.
const Deliveries = 8

// message is one notify_id, in the order in which the log has first shown them. It has 32 bytes.
type message struct {
	id         uint64
	digest     uint32 // a part of it is enough to tell two contents of one id apart
	seconds    uint32 // when it was sent, 0 for unknown
	next       uint32
	subject    uint32
	millis     uint16
	version    uint16 // a hash: it only has to differ from another one
	name       uint8
	deliveries uint8
	event      uint8
	flags      uint8
}

// sent returns Alipay's time in Unix milliseconds, 0 for unknown.
func (r *message) sent() int64 { return int64(r.seconds)*1000 + int64(r.millis) }

const (
	flagAccepted = 1 << iota // the log says of one delivery that it was accepted
	flagCoarse
	flagRevoked
	flagTrial
	flagUnreadable
)

// subject is an order by its number, or a mini program by its id. A mini program that an order
// names belongs to that order.
type subject struct {
	hash        uint64
	text        uint32
	first, last uint32 // its messages
	partner     uint32 // the mini program of an order, the order of a mini program
	app         uint16
	conflicts   uint16
	length      uint8
	kind        uint8
}

const (
	kindOutOrderNo = iota
	kindOrderNo
	kindMiniApp
)

// Ledger takes results in the order of the log. It is for one goroutine.
type Ledger struct {
	// Timeline is every message by its time, once the ledger is closed.
	Timeline Timeline
	// Verified counts messages; Repeated and Conflicting are those of them whose id was known.
	Verified, Repeated, Conflicting int

	messages     pages[message]
	byID         index
	subjects     pages[subject]
	bySubject    index
	texts        texts
	apps, names  words
	perName      []int
	events       []order.Event
	eventNumbers map[order.Event]uint8
	seed         maphash.Seed
	lostIDs      map[uint32]string // of messages that came eight times
	latest       int64             // the time of the last genuine message
}

// New returns an empty ledger.
func New() *Ledger {
	l := &Ledger{seed: maphash.MakeSeed(), apps: words{most: maxApps}, names: words{most: maxNames}, lostIDs: map[uint32]string{}, Timeline: Timeline{}, eventNumbers: map[order.Event]uint8{}}
	l.events = append([]order.Event{""}, order.Events()...)
	for i, event := range l.events {
		l.eventNumbers[event] = uint8(i)
	}
	return l
}

// Refused counts a message that did not verify. Its own time is nobody's word, so it stands where
// the genuine ones around it stand.
func (l *Ledger) Refused() { l.Timeline.add(l.latest, FateRefused, 1) }

// Take adds a verified message.
func (l *Ledger) Take(m *judge.Message, answer logs.Answer) {
	l.Verified++
	if at := unixMilli(m); at > 0 {
		l.latest = at
	}
	name := l.names.number(m.Name)
	for int(name) >= len(l.perName) {
		l.perName = append(l.perName, 0)
	}
	l.perName[name]++
	if at := l.byID.find(m.ID, l.idOf); at != 0 {
		l.again(at, m, answer)
		return
	}
	at, record := l.messages.add()
	*record = message{id: m.ID, digest: uint32(m.Digest), name: uint8(name), deliveries: 1, //nolint:gosec // a hash is cut; names are few
		event: l.eventNumbers[m.Event], flags: flagsOf(m), version: uint16(maphash.String(l.seed, m.Version))} //nolint:gosec // so is this one
	sent := unixMilli(m)
	record.seconds, record.millis = uint32(sent/1000), uint16(sent%1000) //nolint:gosec // unixMilli bounds it
	l.byID.add(at, l.idOf)
	record.accept(answer)
	l.Timeline.add(sent, FateTaken, 1)
	if record.subject = l.subjectOf(m); record.subject != 0 {
		l.append(record.subject, at)
	}
}

// again is another delivery of an id that the log has shown before.
func (l *Ledger) again(at uint32, m *judge.Message, answer logs.Answer) {
	record := l.messages.at(at)
	if record.digest != uint32(m.Digest) { //nolint:gosec // a hash is cut
		l.Conflicting++
		l.Timeline.add(l.latest, FateConflicting, 1)
		if record.subject != 0 {
			of := l.subjects.at(record.subject)
			of.conflicts = min(of.conflicts, math.MaxUint16-1) + 1
		}
		return
	}
	l.Repeated++
	l.Timeline.add(l.latest, FateRepeated, 1)
	record.deliveries = min(record.deliveries, math.MaxUint8-1) + 1
	record.accept(answer)
	if record.deliveries == Deliveries && len(l.lostIDs) < maxLostIDs {
		l.lostIDs[at] = m.NotifyID
	}
}

// maxLostIDs is of how many lost messages the notify_id is kept.
const maxLostIDs = 10_000

func (r *message) accept(answer logs.Answer) {
	if answer == logs.AnswerAccepted {
		r.flags |= flagAccepted
	}
}

// lost reports whether Alipay gave up: eight deliveries, and none that is known to be accepted.
func (r *message) lost() bool { return r.deliveries >= Deliveries && r.flags&flagAccepted == 0 }

func flagsOf(m *judge.Message) (flags uint8) {
	for _, one := range []struct {
		set  bool
		flag uint8
	}{{m.Coarse, flagCoarse}, {m.Revoked, flagRevoked}, {m.Trial, flagTrial}, {m.Unreadable, flagUnreadable}} {
		if one.set {
			flags |= one.flag
		}
	}
	return flags
}

// unixMilli returns 0 for a time that is missing, or of another century than Alipay's.
func unixMilli(m *judge.Message) int64 {
	if at := m.SentAt.UnixMilli(); at > 0 && at/1000 <= math.MaxUint32 {
		return at
	}
	return 0
}

// subjectOf finds or makes what a message belongs to, and notes which mini program is whose.
func (l *Ledger) subjectOf(m *judge.Message) uint32 {
	var of, mini uint32
	switch {
	case m.OutOrderNo != "":
		of = l.subject(m.AppID, kindOutOrderNo, m.OutOrderNo)
	case m.OrderNo != "":
		of = l.subject(m.AppID, kindOrderNo, m.OrderNo)
	}
	if m.MiniAppID != "" {
		mini = l.subject(m.AppID, kindMiniApp, m.MiniAppID)
	}
	if of == 0 || mini == 0 {
		return max(of, mini)
	}
	if whole, part := l.subjects.at(of), l.subjects.at(mini); whole.partner == 0 && part.partner == 0 {
		whole.partner, part.partner = mini, of
	}
	return of
}

func (l *Ledger) subject(appID string, kind uint8, id string) uint32 {
	app := l.apps.number(appID)
	var h maphash.Hash
	h.SetSeed(l.seed)
	maphash.WriteComparable(&h, [2]uint16{app, uint16(kind)})
	_, _ = h.WriteString(id) // never fails
	hash := h.Sum64()
	if at := l.bySubject.find(hash, l.subjectHash); at != 0 {
		return at
	}
	at, s := l.subjects.add()
	*s = subject{hash: hash, app: app, kind: kind}
	s.text, s.length = l.texts.add(strings.ToValidUTF8(id, "?"))
	l.bySubject.add(at, l.subjectHash)
	return at
}

func (l *Ledger) append(to, at uint32) {
	s := l.subjects.at(to)
	if s.first == 0 {
		s.first = at
	} else {
		l.messages.at(s.last).next = at
	}
	s.last = at
}

func (l *Ledger) idOf(at uint32) uint64        { return l.messages.at(at).id }
func (l *Ledger) subjectHash(at uint32) uint64 { return l.subjects.at(at).hash }
