// Package delivery hands over the pushes that the world owes, by HTTP or over the long
// connection, and records in the world what came of each.
package delivery

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/longconn"
	"miniflow/alipay/alipaysim/internal/world"
)

// Bounds on how many deliveries are under way at once. Each channel has its own, so
// that receivers who hang on one don't stop the other.
const (
	// mostOverHTTP is how many workers post, as many as there are connections kept to
	// one receiver.
	mostOverHTTP = 64
	// mostOverLinks is how many messages may wait for their acknowledgement: more
	// than the 410 after which the official client drops what comes.
	mostOverLinks = 1024
)

// Sender delivers what is owed, over HTTP or over the long connection. It keeps
// in memory alone what is under way: after a crash that is owed as before.
type Sender struct {
	Config

	mu       sync.Mutex
	underway map[string]string // keys of owed deliveries under way, and their channel
	busy     map[string]int    // how many of those each channel has
}

// Config says what a Sender needs; nothing may be left out, because defaults are the
// root package's.
type Config struct {
	World  *world.World
	Long   *longconn.Server
	HTTP   *http.Client
	Logger *slog.Logger
	// Finished is called after every delivery: the next one can start.
	Finished func()
}

// New returns a Sender with nothing under way. What an earlier process had begun is
// still owed, and is sent again.
func New(cfg Config) *Sender {
	return &Sender{Config: cfg, underway: map[string]string{}, busy: map[string]int{}}
}

type attempt struct {
	key     string
	owed    world.Owed
	message *world.Message
	app     account.App
}

func (a attempt) overLink() bool { return a.owed.Socket != "" }

// Start runs a delivery, at once or beside others. One over the long connection must
// not be waited for: acknowledgements come in any order.
type Start func(overLink bool, deliver func())

// SendDue starts the deliveries that are due, as many as there are free workers,
// and returns how many those were and when the next one is due. One under way stays
// owed until its answer is stored, so a killed simulator sends it again.
func (s *Sender) SendDue(ctx context.Context, start Start) (sent int, next time.Time, err error) {
	due, next, err := s.takeDue()
	for _, a := range due {
		start(a.overLink(), func() {
			if err := s.deliver(ctx, a); err != nil {
				s.Logger.Error("a delivery could not be recorded; it stays owed", "notify_id", a.message.NotifyID, "error", err)
			}
			s.finish(a)
		})
	}
	return len(due), next, err
}

// takeDue marks due deliveries as being under way. The mark is in memory alone:
// it dies with the process, and so does the delivery.
func (s *Sender) takeDue() (due []attempt, next time.Time, err error) {
	err = s.World.Look(func(t *world.Tx) {
		s.mu.Lock()
		defer s.mu.Unlock()
		due, next = s.take(t, account.ChannelHTTP, mostOverHTTP)
		if s.Long.Connected("") { // else the next link will make us look
			overLinks, nextOverLinks := s.take(t, account.ChannelWebSocket, mostOverLinks)
			due, next = append(due, overLinks...), world.Earlier(next, nextOverLinks)
		}
	})
	return due, next, err
}

// take takes what is due on a channel, as long as fewer than most are under way,
// and returns when the first of the rest is due, zero if that is not known.
// s.mu is held.
func (s *Sender) take(t *world.Tx, channel string, most int) (due []attempt, next time.Time) {
	for key := range t.OwedKeys(channel) {
		if s.busy[channel] >= most {
			break
		}
		if at := world.DueTime(key); at.After(t.Now) {
			return due, at
		}
		if a, ok := s.ready(t, channel, key); ok {
			s.underway[a.key] = channel
			s.busy[channel]++
			due = append(due, a)
		}
	}
	return due, time.Time{}
}

// NextDue returns when the first delivery is due that can start, zero when there is
// none. What waits for an address or a client is left out, or a caller who moves the
// clock to the next moment would never get on.
func (s *Sender) NextDue(t *world.Tx) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.firstReady(t, account.ChannelHTTP)
	if s.Long.Connected("") {
		next = world.Earlier(next, s.firstReady(t, account.ChannelWebSocket))
	}
	return next
}

// firstReady is NextDue of one channel. s.mu is held.
func (s *Sender) firstReady(t *world.Tx, channel string) time.Time {
	for key := range t.OwedKeys(channel) {
		if _, ok := s.ready(t, channel, key); ok {
			return world.DueTime(key)
		}
	}
	return time.Time{}
}

// ready returns the delivery under a key and reports whether it can start: not twice at
// once, and not into nowhere, without an address or a client that is connected. s.mu is
// held.
func (s *Sender) ready(t *world.Tx, channel string, key []byte) (a attempt, ok bool) {
	if _, already := s.underway[string(key)]; already {
		return a, false
	}
	a.key = string(key)
	if a.owed, ok = t.Owed(channel, key); !ok || a.overLink() && !s.Long.Connected(a.owed.Socket) {
		return a, false
	}
	a.message = &world.Message{Key: a.owed.Key}
	if !t.Load(a.message) {
		return a, false
	}
	a.app, _ = s.World.Apps.Get(a.message.AppID)
	return a, a.overLink() && a.app.ID != "" || a.app.GatewayURL != ""
}

// finish makes room before it calls Finished, so that the next delivery finds it.
func (s *Sender) finish(a attempt) {
	s.mu.Lock()
	s.busy[s.underway[a.key]]--
	delete(s.underway, a.key)
	s.mu.Unlock()
	s.Finished()
}

// deliver makes one delivery and stores what came of it, together with the next
// attempt or the message's fate.
func (s *Sender) deliver(ctx context.Context, a attempt) error {
	made := world.Delivery{NotifyID: a.message.NotifyID, AppID: a.message.AppID, Message: a.message.Name,
		Attempt: a.owed.Attempt, Copy: a.owed.Copy, Channel: a.owed.Channel(), At: s.World.Now()}
	if err := s.handOver(ctx, a, &made); errors.Is(err, longconn.ErrUnsent) {
		return nil // it stays owed, and no receiver has seen it
	} else if err != nil {
		return err
	}
	if ctx.Err() != nil && !made.Success {
		return nil // stopped, not failed: the attempt is made again after a restart
	}
	return s.World.Change(func(t *world.Tx) { t.Delivered([]byte(a.key), a.owed, made) })
}

// handOver returns an error only where the attempt says nothing about the receiver;
// what the receiver did is in the record.
func (s *Sender) handOver(ctx context.Context, a attempt, made *world.Delivery) error {
	if a.overLink() {
		return s.Long.Consume(ctx, a.app, a.message, made)
	}
	body, err := signed(a.message, a.app)
	if err != nil {
		made.Error = "the content can't be written in the app's charset"
		return nil
	}
	s.post(ctx, a.app, a.message, body, made)
	return nil
}

// SignAhead signs a burst before any of it is due, so that a load test measures its
// receiver and not the signer.
func (s *Sender) SignAhead(app account.App, messages []*world.Message) error {
	var texts []string
	for _, m := range messages {
		if m.Channel == account.ChannelWebSocket {
			more, err := s.Long.Texts(app, m)
			if err != nil {
				return err
			}
			texts = append(texts, more...)
			continue
		}
		_, text, err := unsigned(m, app)
		if err != nil {
			return err
		}
		texts = append(texts, text)
	}
	return app.SignAhead(texts)
}
