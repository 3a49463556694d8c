package alipaysim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

const (
	formType = "application/x-www-form-urlencoded;charset="
	// malformedType was seen in real pushes: a media type with a second one
	// where a parameter belongs.
	malformedType = "application/x-www-form-urlencoded; text/html; charset="
	// answerLimit is how much of a receiver's answer is kept; checkLimit is how
	// much is read, which holds the answer to a gateway check.
	answerLimit = 256
	checkLimit  = 8 << 10
	// goodAnswer is the only body that ends the deliveries.
	goodAnswer = "success"
)

// owedDelivery is one delivery that is due at the time in its key.
type owedDelivery struct {
	Key     string `json:"key"` // of the message
	Attempt int    `json:"attempt"`
	Copy    int    `json:"copy"`
	// Socket is the app whose long connection takes it; empty goes over HTTP.
	Socket string `json:"socket,omitempty"`
}

// channel is the way the delivery goes.
func (o owedDelivery) channel() string {
	if o.Socket != "" {
		return channelWebSocket
	}
	return channelHTTP
}

// bucket is where the delivery is owed. Each channel has one of its own: while
// thousands wait for the one, nobody reads past them to find those of the other.
func (o owedDelivery) bucket() string {
	if o.Socket != "" {
		return bucketOwedSocket
	}
	return bucketOwed
}

// saveOwed plans a delivery and returns its key, which is unlike those of both
// buckets.
func (t *tx) saveOwed(at time.Time, o owedDelivery) []byte {
	key := dueKey(at, t.sequence(bucketOwed))
	t.saveAt(o.bucket(), key, o)
	return key
}

// flight is a delivery that is being made.
type flight struct {
	key     string
	owed    owedDelivery
	message *messageRecord
	app     App
}

// launcher starts a delivery, or makes it.
type launcher func(f flight, deliver func())

// sendDue starts the deliveries that are due, as many as there are free workers,
// and returns how many those were and when the next one is due. One in the air stays owed until
// its answer is stored, so a killed simulator sends it again.
func (s *Simulator) sendDue(ctx context.Context, launch launcher) (sent int, next time.Time, err error) {
	due, next, err := s.claimDue()
	for _, f := range due {
		launch(f, func() {
			if err := s.deliver(ctx, f); err != nil {
				s.cfg.Logger.Error("a delivery could not be recorded; it stays owed", "notify_id", f.message.NotifyID, "error", err)
			}
			s.land(f)
		})
	}
	return len(due), next, err
}

// claimDue marks due deliveries as being in the air. The mark is in memory alone:
// it dies with the process, and so does the delivery.
func (s *Simulator) claimDue() (due []flight, next time.Time, err error) {
	err = s.look(func(t *tx) {
		s.mu.Lock()
		defer s.mu.Unlock()
		overHTTP, nextHTTP := t.claim(bucketOwed, channelHTTP, pushWorkers)
		due, next = overHTTP, nextHTTP
		if s.channel.connected("") { // else the next link will make us look
			overSocket, nextSocket := t.claim(bucketOwedSocket, channelWebSocket, channelWindow)
			due, next = append(due, overSocket...), earlier(next, nextSocket)
		}
	})
	return due, next, err
}

// claim takes what is due on a channel, as long as fewer than most are in the air,
// and returns when the first of the rest is due, zero if that is not known.
// s.mu is held.
func (t *tx) claim(bucket, channel string, most int) (due []flight, next time.Time) {
	s := t.sim
	cursor := t.b.Bucket([]byte(bucket)).Cursor()
	for key, raw := cursor.First(); key != nil && s.aloft[channel] < most; key, raw = cursor.Next() {
		if at := dueTime(key); at.After(t.now) {
			return due, at
		}
		if _, inAir := s.flying[string(key)]; inAir {
			continue
		}
		f := flight{key: string(key), message: &messageRecord{}}
		if !t.readFlight(&f, raw) {
			continue
		}
		s.flying[f.key] = channel
		s.aloft[channel]++
		due = append(due, f)
	}
	return due, time.Time{}
}

// firstOwed returns when the first delivery of a bucket is due that can start,
// zero when there is none. s.mu is held.
func (t *tx) firstOwed(bucket string) time.Time {
	cursor := t.b.Bucket([]byte(bucket)).Cursor()
	for key, raw := cursor.First(); key != nil; key, raw = cursor.Next() {
		_, inAir := t.sim.flying[string(key)]
		if !inAir && t.readFlight(&flight{message: &messageRecord{}}, raw) {
			return dueTime(key)
		}
	}
	return time.Time{}
}

// readFlight fills a flight and tells whether it can start: not while nobody knows
// the receiver's address or is connected. s.mu is held.
func (t *tx) readFlight(f *flight, raw []byte) bool {
	if err := json.Unmarshal(raw, &f.owed); err != nil {
		t.fail(fmt.Errorf("read an owed delivery: %w", err))
		return false
	}
	f.message.Key = f.owed.Key
	if f.owed.Socket != "" && !t.sim.channel.connected(f.owed.Socket) || !t.load(f.message) {
		return false
	}
	f.app = t.sim.apps[f.message.AppID]
	return f.owed.Socket != "" && f.app.ID != "" || f.app.GatewayURL != ""
}

// land ends a flight and lets the next one start.
func (s *Simulator) land(f flight) {
	s.mu.Lock()
	s.aloft[s.flying[f.key]]--
	delete(s.flying, f.key)
	s.mu.Unlock()
	s.poke()
}

// deliver makes one delivery and stores what came of it, together with the next
// attempt or the message's fate.
func (s *Simulator) deliver(ctx context.Context, f flight) error {
	record := Delivery{NotifyID: f.message.NotifyID, AppID: f.message.AppID, Message: f.message.Name,
		Attempt: f.owed.Attempt, Copy: f.owed.Copy, Channel: f.owed.channel(), At: s.cfg.Now()}
	if err := s.handOver(ctx, f, &record); errors.Is(err, errUnsent) {
		return nil // it stays owed, and nobody has seen it
	} else if err != nil {
		return err
	}
	if ctx.Err() != nil && !record.Success {
		return nil // stopped, not failed: the attempt is made again after a restart
	}
	return s.change(func(t *tx) {
		record := record
		record.Seq = t.sequence(bucketDeliveries)
		t.save(&record)
		t.remove(f.owed.bucket(), []byte(f.key))
		t.settle(f, record)
	})
}

// handOver makes one attempt over the message's channel and writes what came of
// it into the record.
func (s *Simulator) handOver(ctx context.Context, f flight, record *Delivery) error {
	if f.owed.Socket != "" {
		return s.consume(ctx, f, record)
	}
	body, err := f.message.signed(f.app)
	if err != nil {
		record.Error = "the content can't be written in the app's charset"
		return nil
	}
	s.post(ctx, f.app, f.message, body, record)
	return nil
}

// settle decides what a delivery's answer means for the message: its end, or
// another attempt after the pause. Copies are sent once.
func (t *tx) settle(f flight, made Delivery) {
	message := &messageRecord{Key: f.owed.Key}
	if !t.load(message) || message.Fate == fateDelivered {
		return
	}
	retries := t.sim.cfg.Retries
	switch {
	case made.Success:
		message.Fate = fateDelivered
		t.save(message)
	case f.owed.Copy > 0:
	case f.owed.Attempt <= len(retries) && !message.Once:
		at := t.now.Add(t.sim.scaled(Duration(retries[f.owed.Attempt-1])))
		t.saveOwed(at, owedDelivery{Key: message.Key, Attempt: f.owed.Attempt + 1, Socket: f.owed.Socket})
	default:
		message.Fate = fateGivenUp
		t.save(message)
		t.sim.cfg.Logger.Warn("a push was given up", "notify_id", message.NotifyID, "message", message.Name, "attempts", f.owed.Attempt)
	}
}

// post sends the body and writes the answer into the record.
func (s *Simulator) post(ctx context.Context, app App, m *messageRecord, body string, record *Delivery) {
	began := time.Now() // a latency is real time, whatever the clock says
	defer func() { record.Latency = Duration(time.Since(began)) }()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, app.GatewayURL, strings.NewReader(body))
	if err != nil {
		record.Error = "the gateway URL is not usable"
		return
	}
	request.Header.Set("Content-Type", formType+string(m.Charset))
	if app.MalformedContentType {
		request.Header.Set("Content-Type", malformedType+string(m.Charset))
	}
	request.Header.Set("User-Agent", "Mozilla/4.0")
	response, err := s.cfg.HTTP.Do(request)
	if err != nil {
		record.Error = networkError(err)
		return
	}
	defer func() { _ = response.Body.Close() }() // nothing more is read from it
	answer, err := io.ReadAll(io.LimitReader(response.Body, checkLimit))
	if err != nil {
		record.Error = networkError(err)
		return
	}
	record.Status, record.Body = response.StatusCode, string(bytes.ToValidUTF8(answer[:min(len(answer), answerLimit)], []byte("?")))
	good := record.Body == goodAnswer
	if m.Params["service"] == serviceCheck {
		record.Error = checkAnswer(app, m.Charset, answer)
		good = record.Error == ""
	}
	record.Success = good && response.StatusCode == http.StatusOK
}

// networkError says what went wrong in words that hold no address.
func networkError(err error) string {
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed before an answer"
	}
	return "network error"
}
