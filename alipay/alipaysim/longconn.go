package alipaysim

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
)

// longConnections is Alipay's end of the long connections: clients register, connect
// and are sent messages, which they acknowledge.
type longConnections struct {
	longConfig

	channel *channel
	// stranger is a key that is nobody's, made when a fault first needs it.
	stranger func() (*rsa.PrivateKey, error)
}

// longConfig says what the long connections need. All of it is needed.
type longConfig struct {
	World *world
	Door  *door
	// AckTimeout is how long a message waits for its acknowledgement before it counts
	// as failed.
	AckTimeout time.Duration
	// TokenLife is how long a link_token can be used.
	TokenLife time.Duration
	// Hold keeps an answer back for a fault's time, the client's patience or until the
	// simulator is closed.
	Hold func(*http.Request, Duration)
	// Joined is called when a link has been opened: what is owed can leave.
	Joined func()
	// Closing ends every link when it is closed.
	Closing <-chan struct{}
	Logger  *slog.Logger
}

// newLongConnections returns the long connections while none is open.
func newLongConnections(cfg longConfig) *longConnections {
	stranger := sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, minKeyBits) })
	return &longConnections{longConfig: cfg, channel: newChannel(), stranger: stranger}
}

// connected reports whether an app has a link, or any has with an empty app_id.
func (s *longConnections) connected(app string) bool { return s.channel.connected(app) }

// links are those of an app, or all with an empty app_id, by age.
func (s *longConnections) links(app string) []linkView {
	links := []linkView{}
	for _, l := range s.channel.of(app) {
		links = append(links, linkView{ID: l.id, AppID: l.app, Charset: l.charset, Zone: l.zone, Since: l.since.UTC(),
			Sent: l.sent.Load(), Acked: l.acked.Load(), Pings: l.pings.Load(), Refused: l.refused.Load()})
	}
	return links
}

// linkView is a link as the management API shows it.
type linkView struct {
	ID      string    `json:"link"`
	AppID   string    `json:"app_id"`
	Charset Charset   `json:"charset"`
	Zone    string    `json:"zone"`
	Since   time.Time `json:"since"`
	Sent    int64     `json:"sent"`
	Acked   int64     `json:"acked"`
	Pings   int64     `json:"pings"`
	Refused int64     `json:"refused"`
}

// disconnect ends the links of an app with a close frame, and returns how many there
// were.
func (s *longConnections) disconnect(app string, code uint16) int {
	return s.dropAll(app, func(l *link) { l.socket.close(code, "") })
}

// reset cuts the links of an app without a word, and returns how many there were.
func (s *longConnections) reset(app string) int {
	return s.dropAll(app, func(l *link) { l.socket.reset() })
}

func (s *longConnections) dropAll(app string, drop func(*link)) int {
	links := s.channel.of(app)
	for _, l := range links {
		s.channel.leave(l) // at once: what is sent from now on takes another link
		drop(l)
	}
	return len(links)
}

// registerFailure is what a register_failure says.
func registerFailure(f ChannelFault) answer {
	return refuse(cmp.Or(f.Code, codeBusiness), f.SubCode, f.SubMsg)
}

// claimChannelFault is claimFault for the long connection. The zero fault is none.
func (s *longConnections) claimChannelFault(place, appID, message string) (fault ChannelFault, err error) {
	possible, struck := false, false
	if err := s.World.look(func(t *tx) {
		faults := Faults{Channel: slices.Clone(t.settings().Faults.Channel)}
		_, possible = faults.claimChannel(place, appID, message)
	}); err != nil || !possible {
		return ChannelFault{}, err
	}
	err = s.World.change(func(t *tx) {
		settings := t.settings()
		if fault, struck = settings.Faults.claimChannel(place, appID, message); struck {
			t.saveSettings()
		}
	})
	if struck {
		s.Logger.Info("a fault strikes the open channel", "kind", fault.Kind, "app_id", appID, "message", message)
	}
	return fault, err
}
