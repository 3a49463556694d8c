// Package longconn is Alipay's end of the long connection: register, the handshake, the
// messages that go over a link and their acknowledgements. Its peculiarities are those
// that the official Java client depends on.
package longconn

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/emmansun/gmsm/sm2"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/script"
	"miniflow/alipay/alipaysim/wire"
)

// Server is Alipay's end of the long connections. Links live in memory alone; the
// messages that should go over them are owed in the file.
type Server struct {
	Config

	channel *channel
	// stranger is a key of neither side. Making one takes long, so it is made when a
	// fault first needs it.
	// stranger returns a key that is not Alipay's, by algorithm.
	stranger map[string]func() (wire.PrivateKey, error)
}

// Config says what the long connections need; nothing may be left out, because defaults
// are the root package's.
type Config struct {
	World   *world.World
	Checker *admission.Checker
	// AckTimeout is how long a message waits for its acknowledgement; then it counts as
	// failed and is retried.
	AckTimeout time.Duration
	// TokenLife is how long a link_token can be used; the platform publishes no length.
	TokenLife time.Duration
	// Delay keeps an answer back for a fault's time, the client's patience or until the
	// simulator is closed.
	Delay func(*http.Request, script.Duration)
	// Joined is called when a link has been opened: what is owed can leave, and nothing
	// else would say so.
	Joined func()
	// Closing ends every link when it is closed: clients stay connected for days, and
	// Close would wait for them.
	Closing <-chan struct{}
	Logger  *slog.Logger
}

// New returns the long connections with no link open: links don't outlive a process,
// and clients register again.
func New(cfg Config) *Server {
	stranger := map[string]func() (wire.PrivateKey, error){
		wire.SignRSA2: sync.OnceValues(func() (wire.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, account.MinKeyBits) }),
		wire.SignSM2:  sync.OnceValues(func() (wire.PrivateKey, error) { return sm2.GenerateKey(rand.Reader) }),
	}
	return &Server{Config: cfg, channel: newChannel(), stranger: stranger}
}

// Connected reports whether an app has a link, or any has with an empty app_id. Without
// one messages wait, and no retry is used up.
func (s *Server) Connected(app string) bool { return s.channel.connected(app) }

// Links are those of an app, or all with an empty app_id, by age. They are copies, so a
// view can't disturb a link.
func (s *Server) Links(app string) []View {
	links := []View{}
	for _, l := range s.channel.of(app) {
		links = append(links, View{ID: l.id, AppID: l.app, Charset: l.charset, Zone: l.zone, Since: l.since.UTC(),
			Sent: l.sent.Load(), Acked: l.acked.Load(), Pings: l.pings.Load(), Refused: l.refused.Load()})
	}
	return links
}

// View is a link as the management API shows it. By its numbers a client's author sees
// whether the client pings and acknowledges.
type View struct {
	ID      string       `json:"link"`
	AppID   string       `json:"app_id"`
	Charset wire.Charset `json:"charset"`
	Zone    string       `json:"zone"`
	Since   time.Time    `json:"since"`
	Sent    int64        `json:"sent"`
	Acked   int64        `json:"acked"`
	Pings   int64        `json:"pings"`
	Refused int64        `json:"refused"`
}

// Disconnect ends the links of an app with a close frame, as a server does that is
// restarted, and returns how many there were.
func (s *Server) Disconnect(app string, code uint16) int {
	return s.dropAll(app, func(l *link) { l.socket.Close(code, "") })
}

// Reset cuts the links of an app without a word, as a network does, and returns how
// many there were.
func (s *Server) Reset(app string) int {
	return s.dropAll(app, func(l *link) { l.socket.Reset() })
}

func (s *Server) dropAll(app string, drop func(*link)) int {
	links := s.channel.of(app)
	for _, l := range links {
		s.channel.leave(l) // at once: what is sent from now on takes another link
		drop(l)
	}
	return len(links)
}

// registerFailure is a business failure unless the fault says otherwise: the real
// server's codes are not published.
func registerFailure(f script.ChannelFault) admission.Answer {
	return admission.Refuse(cmp.Or(f.Code, admission.CodeBusiness), f.SubCode, f.SubMsg)
}

// faultAt returns the fault that strikes at a place, and counts it. It looks before it
// writes, so that without faults a message costs no commit. The zero fault means that
// none strikes.
func (s *Server) faultAt(place, appID, message string) (fault script.ChannelFault, err error) {
	possible, struck := false, false
	if err := s.World.Look(func(t *world.Tx) {
		faults := script.Faults{Channel: slices.Clone(t.Settings().Faults.Channel)}
		_, possible = faults.StrikeChannel(place, appID, message)
	}); err != nil || !possible {
		return script.ChannelFault{}, err
	}
	err = s.World.Change(func(t *world.Tx) {
		settings := t.Settings()
		if fault, struck = settings.Faults.StrikeChannel(place, appID, message); struck {
			t.SaveSettings()
		}
	})
	if struck {
		s.Logger.Info("a fault strikes the open channel", "kind", fault.Kind, "app_id", appID, "message", message)
	}
	return fault, err
}
