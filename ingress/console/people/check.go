package people

import (
	"context"
	"net/netip"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// TriesPerAccount are the wrong passwords after which an account is closed for TriesWindow.
	TriesPerAccount = 5
	// TriesPerAddress are the wrong passwords, for whichever names, after which an address is: more,
	// because an office has one address.
	TriesPerAddress = 20
	// TriesWindow is for how long.
	TriesWindow = 15 * time.Minute

	mostAddresses = 10_000
	mostAccounts  = 10_000 // more than a people file holds
	hashesAtOnce  = 2      // each takes 19 MiB and a processor
)

// Reason is why somebody was not let in, for the audit log.
type Reason string

// The reasons.
const (
	// ReasonWrong means that no account has this name and this password.
	ReasonWrong Reason = "wrong"
	// ReasonLockedOut means the same, and that this was one try too many: the account is closed now.
	ReasonLockedOut Reason = "locked-out"
	// ReasonLocked means that the account is closed, whatever the password was.
	ReasonLocked Reason = "locked"
	// ReasonAddress means that there were too many wrong tries from the address.
	ReasonAddress Reason = "address"
	// ReasonUnreadable means that the people file can't be read.
	ReasonUnreadable Reason = "unreadable"
	// ReasonUnknown means that the provider knows the person and the people file does not.
	ReasonUnknown Reason = "unknown"
	// ReasonProvider means that what the provider said can't be used.
	ReasonProvider Reason = "provider"
)

// Refusal is why a password was not taken. To the person who tries, wrong and closed look alike.
type Refusal struct {
	Reason Reason
	// Account is the name, only where an account has it: people type passwords into the field.
	Account string
	// Wait is how long until the address may try again.
	Wait time.Duration
}

// Error has no name in it, so that it may be logged.
func (r *Refusal) Error() string { return "not let in: " + string(r.Reason) }

// passwords is what is remembered of tries, and the work that each takes.
type passwords struct {
	now                 func() time.Time
	accounts, addresses *tries
	nobody              hash
	// fits compares; a test counts how often.
	fits   func(h hash, password string) bool
	atOnce *semaphore.Weighted
}

func newPasswords(now func() time.Time) passwords {
	return passwords{
		now:       now,
		accounts:  &tries{limit: TriesPerAccount, window: TriesWindow, most: mostAccounts, forgives: true, keys: map[string]*tally{}},
		addresses: &tries{limit: TriesPerAddress, window: TriesWindow, most: mostAddresses, keys: map[string]*tally{}},
		nobody:    nobody(),
		fits:      hash.fits,
		atOnce:    semaphore.NewWeighted(hashesAtOnce),
	}
}

// CheckPassword returns the grant of whoever has this name and password. Other errors than a
// [Refusal] are the context's. For an unknown name, one without a password and a closed account the
// work is the same, so that the time of an answer says nothing about which names there are.
func (d *Directory) CheckPassword(ctx context.Context, name, password, address string) (Grant, error) {
	p, from := &d.passwords, network(address)
	if wait, ok := p.addresses.begin(from, p.now()); !ok {
		return Grant{}, &Refusal{Reason: ReasonAddress, Wait: wait}
	}
	outcome := untried
	defer func() { p.addresses.end(from, outcome, p.now()) }()

	if err := p.atOnce.Acquire(ctx, 1); err != nil {
		return Grant{}, err
	}
	defer p.atOnce.Release(1)
	people, err := d.now()
	if err != nil {
		return Grant{}, &Refusal{Reason: ReasonUnreadable}
	}
	person, found := people.byName[NameOf(name)]
	if reason := p.try(person, found, password); reason != "" {
		outcome = wrong
		return Grant{}, &Refusal{Reason: reason, Account: person.Name}
	}
	outcome = right
	return person.grant(d.options.Groups), nil
}

// try returns why not, or nothing. Each way through it compares once.
func (p *passwords) try(person Person, found bool, password string) Reason {
	expected, err := parseHash(person.PasswordHash)
	if !found || err != nil || len(password) > MostPassword {
		p.fits(p.nobody, password[:min(len(password), MostPassword)])
		return ReasonWrong
	}
	if _, ok := p.accounts.begin(person.Name, p.now()); !ok {
		p.fits(p.nobody, password)
		return ReasonLocked
	}
	if p.fits(expected, password) {
		p.accounts.end(person.Name, right, p.now())
		return ""
	}
	if p.accounts.end(person.Name, wrong, p.now()) {
		return ReasonLockedOut
	}
	return ReasonWrong
}

// network is what tries from an address are counted by: of IPv6 the first 64 bits, because whoever
// has one such address has all of those.
func network(address string) string {
	at, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if at = at.Unmap().WithZone(""); at.Is6() {
		if prefix, err := at.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return at.String()
}
