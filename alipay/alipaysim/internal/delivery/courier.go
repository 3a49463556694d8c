// Package delivery hands over the pushes that the world owes, by HTTP or over the long
// connection, and tells the world what came of each.
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

// Bounds on how many deliveries are in the air at once.
const (
	// mostOverHTTP is how many workers post.
	mostOverHTTP = 64
	// mostOverLinks is how many messages may wait for their acknowledgement: more
	// than the 410 after which the official client drops what comes.
	mostOverLinks = 1024
)

// Courier delivers what is owed, over HTTP or over the long connection.
type Courier struct {
	Config

	mu     sync.Mutex
	flying map[string]string // keys of owed deliveries in the air, and their channel
	aloft  map[string]int    // how many of those each channel has
}

// Config says what a courier needs. All of it is needed.
type Config struct {
	World *world.World
	Long  *longconn.Server
	// HTTP delivers the pushes to application gateways.
	HTTP   *http.Client
	Logger *slog.Logger
	// Landed is called after every delivery: the next one can start.
	Landed func()
}

// New returns a courier with nothing in the air.
func New(cfg Config) *Courier {
	return &Courier{Config: cfg, flying: map[string]string{}, aloft: map[string]int{}}
}

// flight is a delivery that is being made.
type flight struct {
	key     string
	owed    world.Owed
	message *world.Message
	app     account.App
}

// overLink reports whether the delivery goes over the long connection.
func (f flight) overLink() bool { return f.owed.Socket != "" }

// Launcher starts a delivery, or makes it. One over the long connection waits for its
// acknowledgement, and those come in any order.
type Launcher func(overLink bool, deliver func())

// SendDue starts the deliveries that are due, as many as there are free workers,
// and returns how many those were and when the next one is due. One in the air stays
// owed until its answer is stored, so a killed simulator sends it again.
func (c *Courier) SendDue(ctx context.Context, launch Launcher) (sent int, next time.Time, err error) {
	due, next, err := c.claimDue()
	for _, f := range due {
		launch(f.overLink(), func() {
			if err := c.deliver(ctx, f); err != nil {
				c.Logger.Error("a delivery could not be recorded; it stays owed", "notify_id", f.message.NotifyID, "error", err)
			}
			c.land(f)
		})
	}
	return len(due), next, err
}

// claimDue marks due deliveries as being in the air. The mark is in memory alone:
// it dies with the process, and so does the delivery.
func (c *Courier) claimDue() (due []flight, next time.Time, err error) {
	err = c.World.Look(func(t *world.Tx) {
		c.mu.Lock()
		defer c.mu.Unlock()
		due, next = c.claim(t, account.ChannelHTTP, mostOverHTTP)
		if c.Long.Connected("") { // else the next link will make us look
			overLinks, nextOverLinks := c.claim(t, account.ChannelWebSocket, mostOverLinks)
			due, next = append(due, overLinks...), world.Earlier(next, nextOverLinks)
		}
	})
	return due, next, err
}

// claim takes what is due on a channel, as long as fewer than most are in the air,
// and returns when the first of the rest is due, zero if that is not known.
// c.mu is held.
func (c *Courier) claim(t *world.Tx, channel string, most int) (due []flight, next time.Time) {
	for key := range t.OwedKeys(channel) {
		if c.aloft[channel] >= most {
			break
		}
		if at := world.DueTime(key); at.After(t.Now) {
			return due, at
		}
		if f, ok := c.ready(t, channel, key); ok {
			c.flying[f.key] = channel
			c.aloft[channel]++
			due = append(due, f)
		}
	}
	return due, time.Time{}
}

// NextDue returns when the first delivery is due that can start, zero when there is
// none.
func (c *Courier) NextDue(t *world.Tx) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := c.firstReady(t, account.ChannelHTTP)
	if c.Long.Connected("") {
		next = world.Earlier(next, c.firstReady(t, account.ChannelWebSocket))
	}
	return next
}

// firstReady returns when the first delivery of a channel is due that can start, zero
// when there is none. c.mu is held.
func (c *Courier) firstReady(t *world.Tx, channel string) time.Time {
	for key := range t.OwedKeys(channel) {
		if _, ok := c.ready(t, channel, key); ok {
			return world.DueTime(key)
		}
	}
	return time.Time{}
}

// ready returns the delivery under a key and reports whether it can start: not while it
// is in the air, or while nobody knows the receiver's address or is connected. c.mu is
// held.
func (c *Courier) ready(t *world.Tx, channel string, key []byte) (f flight, ok bool) {
	if _, inAir := c.flying[string(key)]; inAir {
		return f, false
	}
	f.key = string(key)
	if f.owed, f.message, ok = t.Owed(channel, key); !ok {
		return f, false
	}
	f.app, _ = c.World.Apps.Get(f.message.AppID)
	if f.overLink() {
		return f, f.app.ID != "" && c.Long.Connected(f.owed.Socket)
	}
	return f, f.app.GatewayURL != ""
}

// land ends a flight and lets the next one start.
func (c *Courier) land(f flight) {
	c.mu.Lock()
	c.aloft[c.flying[f.key]]--
	delete(c.flying, f.key)
	c.mu.Unlock()
	c.Landed()
}

// deliver makes one delivery and stores what came of it, together with the next
// attempt or the message's fate.
func (c *Courier) deliver(ctx context.Context, f flight) error {
	made := world.Delivery{NotifyID: f.message.NotifyID, AppID: f.message.AppID, Message: f.message.Name,
		Attempt: f.owed.Attempt, Copy: f.owed.Copy, Channel: f.owed.Channel(), At: c.World.Now()}
	if err := c.handOver(ctx, f, &made); errors.Is(err, longconn.ErrUnsent) {
		return nil // it stays owed, and nobody has seen it
	} else if err != nil {
		return err
	}
	if ctx.Err() != nil && !made.Success {
		return nil // stopped, not failed: the attempt is made again after a restart
	}
	return c.World.Change(func(t *world.Tx) { t.Delivered([]byte(f.key), f.owed, made) })
}

// handOver makes one attempt over the message's channel and writes what came of
// it into the record.
func (c *Courier) handOver(ctx context.Context, f flight, made *world.Delivery) error {
	if f.overLink() {
		return c.Long.Consume(ctx, f.app, f.message, made)
	}
	body, err := signed(f.message, f.app)
	if err != nil {
		made.Error = "the content can't be written in the app's charset"
		return nil
	}
	c.post(ctx, f.app, f.message, body, made)
	return nil
}

// SignAhead signs a burst before any of it is due.
func (c *Courier) SignAhead(app account.App, messages []*world.Message) error {
	var texts []string
	for _, m := range messages {
		if m.Channel == account.ChannelWebSocket {
			more, err := c.Long.Texts(app, m)
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
