package people

import (
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"miniflow/internal/seal"
)

const (
	// Life is how long a session lasts at most, however much is done in it: a working day.
	Life = 12 * time.Hour
	// renewal is how often the cookie of somebody who is at work is sent anew.
	renewal = time.Minute
	// skew is how much the clocks of two processes may differ.
	skew = time.Minute

	sessionContext = "console-session"
	sessionCookie  = "miniflow-console"
)

// Way is how somebody has logged in. Who loses the way loses the sessions that came by it.
type Way string

// The ways.
const (
	WayPassword Way = "password"
	WayOIDC     Way = "oidc"
)

// Session is somebody who is logged in.
type Session struct {
	Grant
	Way   Way
	Began time.Time
	// Ends is when the session ends if nothing more is done in it.
	Ends time.Time
}

// SessionOptions say how sessions end.
type SessionOptions struct {
	// Ring seals the cookies; every process that serves the console has to have the same keys.
	Ring      *seal.Ring
	Directory *Directory
	// Idle is how long somebody may do nothing before the session ends.
	Idle time.Duration
	Now  func() time.Time
}

// Sessions keeps who is logged in, in sealed cookies: no store is needed, and every process with the
// same keys knows them. A log-out is remembered by the process that was asked, for as long as a copy
// of the cookie could be used there; with several processes a stolen copy could be used at another
// one, until it is idle or [Life] is over. `sessions_after` in the people file, which `miniflow
// people log-out` sets, ends a person's sessions in all of them.
type Sessions struct {
	options SessionOptions
	ended   *ended
}

// NewSessions returns sessions, and refuses a ring that does not seal: anybody could make a cookie.
func NewSessions(options SessionOptions) (*Sessions, error) {
	if !options.Ring.Seals() {
		return nil, errors.New("the console needs a sealing key: with `sealing: none` anybody could make the cookie of somebody who is logged in")
	}
	return &Sessions{options: options, ended: newEnded(options.Idle + skew)}, nil
}

// cookie is what is sealed. Moments are nanoseconds, because sessions_after is as fine.
type cookie struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Way   Way    `json:"way"`
	Began int64  `json:"began"`
	Seen  int64  `json:"seen"`
}

// Begin logs somebody in. The session is a new one, whatever cookie came with the request, so that
// nobody can be made to use one that somebody else knows.
func (s *Sessions) Begin(w http.ResponseWriter, r *http.Request, name string, way Way) error {
	now := s.options.Now().UnixNano()
	id := base64.RawURLEncoding.EncodeToString(random(16))
	return s.set(w, r, cookie{ID: id, Name: name, Way: way, Began: now, Seen: now})
}

// Of returns who is logged in, with what they may do now, and puts off the idle end: call it for what
// a person does. For what a page asks by itself there is [Sessions.Peek].
func (s *Sessions) Of(w http.ResponseWriter, r *http.Request) (Session, bool) {
	kept, session, ok := s.read(r)
	if !ok {
		return Session{}, false
	}
	now := s.options.Now()
	if now.Sub(time.Unix(0, kept.Seen)) >= renewal {
		kept.Seen = now.UnixNano()
		if s.set(w, r, kept) == nil { // else the old cookie goes on until it is idle
			session.Ends = s.end(kept)
		}
	}
	return session, true
}

// Peek returns what [Sessions.Of] does and puts nothing off, so that a page that refreshes itself does
// not keep somebody logged in who has left.
func (s *Sessions) Peek(r *http.Request) (Session, bool) {
	_, session, ok := s.read(r)
	return session, ok
}

// End logs out: the cookie is taken back, and a copy of it is worth nothing in this process.
func (s *Sessions) End(w http.ResponseWriter, r *http.Request) (Session, bool) {
	kept, session, ok := s.read(r)
	if ok {
		s.ended.add(kept.ID, s.options.Now())
	}
	clearCookie(w, r, sessionCookie)
	return session, ok
}

func (s *Sessions) read(r *http.Request) (cookie, Session, bool) {
	var kept cookie
	if !openCookie(s.options.Ring, r, sessionCookie, sessionContext, &kept) || kept.ID == "" {
		return cookie{}, Session{}, false
	}
	now, began, seen := s.options.Now(), time.Unix(0, kept.Began), time.Unix(0, kept.Seen)
	if began.After(seen) || seen.After(now.Add(skew)) || !now.Before(s.end(kept)) || s.ended.has(kept.ID, began, now) {
		return cookie{}, Session{}, false
	}
	person, found := s.options.Directory.person(kept.Name)
	if !found || began.Before(person.SessionsAfter) || !person.has(kept.Way) {
		return cookie{}, Session{}, false
	}
	grant := person.grant(s.options.Directory.options.Groups)
	return kept, Session{Grant: grant, Way: kept.Way, Began: began, Ends: s.end(kept)}, true
}

func (s *Sessions) end(kept cookie) time.Time {
	idle, last := time.Unix(0, kept.Seen).Add(s.options.Idle), time.Unix(0, kept.Began).Add(Life)
	if last.Before(idle) {
		return last
	}
	return idle
}

func (p Person) has(way Way) bool {
	switch way {
	case WayPassword:
		return p.PasswordHash != ""
	case WayOIDC:
		return p.OIDC != ""
	default:
		return false
	}
}

func (s *Sessions) set(w http.ResponseWriter, r *http.Request, kept cookie) error {
	return sealCookie(s.options.Ring, w, r, sessionCookie, sessionContext, kept, s.options.Idle)
}
