package longconn

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"miniflow/alipay/alipaysim/internal/socket"
	"miniflow/alipay/alipaysim/wire"
)

// channel is the open channel (the long connection) as it is now. None of it
// outlives the process but the messages, which are owed in the file: clients
// register again and get them.
type channel struct {
	mu      sync.Mutex
	tokens  map[string]linkToken
	nonces  map[string]time.Time     // by app_id and nonce: until when it is remembered
	links   map[string][]*link       // by app_id; the next to be used is first
	pending map[string]*pending      // by app_id and stream-id
	left    map[string]chan struct{} // by app_id: closed when a message leaves
	opened  uint64
}

// linkToken is what register hands out: once, for one app, for a short time, and
// only in the zone that the cookie names.
type linkToken struct {
	app, zone string
	till      time.Time
}

type link struct {
	id, app string
	charset wire.Charset // as the client spelled it
	zone    string
	since   time.Time
	deaf    bool // never answers a ping
	mute    bool // answers pings, and loses the messages it is given
	socket  *socket.Socket

	sent, acked, pings, refused atomic.Int64
}

// pending is a message that waits for its acknowledgement. It does not belong to
// a link: after a reconnect the acknowledgement may come over the new one.
type pending struct {
	msgID string
	lost  bool        // a fault loses the acknowledgement
	acked chan string // x-status, once
}

func newChannel() *channel {
	return &channel{tokens: map[string]linkToken{}, nonces: map[string]time.Time{}, links: map[string][]*link{},
		pending: map[string]*pending{}, left: map[string]chan struct{}{}}
}

// fresh reports whether a nonce is new, and remembers it until it is too old to
// pass for another reason.
func (c *channel) fresh(app, nonce string, now, till time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.nonces, func(_ string, till time.Time) bool { return now.After(till) })
	key := app + "/" + nonce
	if _, used := c.nonces[key]; used {
		return false
	}
	c.nonces[key] = till
	return true
}

// issue forgets tokens that have run out, so that those of clients that never connect
// don't pile up.
func (c *channel) issue(token string, about linkToken, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.tokens, func(_ string, t linkToken) bool { return now.After(t.till) })
	c.tokens[token] = about
}

// redeem uses a link token up. An app that presents another app's does not spoil it.
func (c *channel) redeem(token, app, zone string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.tokens[token]
	if !ok || known.app != app || known.zone != zone {
		return false
	}
	delete(c.tokens, token)
	return !now.After(known.till)
}

// join puts a link last, so that the others have their turn before it.
func (c *channel) join(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened++
	l.id = fmt.Sprint(c.opened)
	c.links[l.app] = append(c.links[l.app], l)
}

// leave may be called more than once: what cuts a link takes it out at once, and its
// end does so again.
func (c *channel) leave(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.links[l.app] = slices.DeleteFunc(c.links[l.app], func(other *link) bool { return other == l })
}

func (c *channel) connected(app string) bool { return len(c.of(app)) > 0 }

// pick returns the link whose turn it is, nil when there is none. How the platform
// chooses among the links of an app is not published.
func (c *channel) pick(app string) *link {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.links[app]
	if len(list) == 0 {
		return nil
	}
	c.links[app] = append(slices.Clone(list[1:]), list[0])
	return list[0]
}

// of returns the links of an app, or of all with an empty app_id, by age, so that views
// are the same each time.
func (c *channel) of(app string) []*link {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []*link
	for id, links := range c.links {
		if app == "" || id == app {
			list = append(list, links...)
		}
	}
	slices.SortFunc(list, func(a, b *link) int { return a.since.Compare(b.since) })
	return list
}

// await files a message under one of its stream-ids. A duplicate has two, and an
// acknowledgement of either ends its wait.
func (c *channel) await(app, stream string, p *pending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending[app+"/"+stream] = p
}

// forget ends the wait under a stream-id: an acknowledgement that still comes for it is
// late.
func (c *channel) forget(app, stream string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, app+"/"+stream)
}

// acknowledge reports whether somebody waited: an acknowledgement may be late, come
// twice, or name a message that was never sent.
func (c *channel) acknowledge(app, stream, msgID, status string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, waiting := c.pending[app+"/"+stream]
	if !waiting || p.msgID != msgID {
		return false
	}
	if p.lost {
		return true
	}
	select {
	case p.acked <- status:
	default: // the first one counts
	}
	return true
}

// nextSent is closed when the next message of the app has left; one that is held back
// to be overtaken waits for that.
func (c *channel) nextSent(app string) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left[app] == nil {
		c.left[app] = make(chan struct{})
	}
	return c.left[app]
}

func (c *channel) announceSent(app string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left[app] != nil {
		close(c.left[app])
		c.left[app] = nil
	}
}
