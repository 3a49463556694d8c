package purging

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"miniflow/internal/seal"
)

// Removed is what a purge has removed.
type Removed struct {
	// Orders are digests of the numbers of the orders, under the archive's salt.
	Orders []string `json:"orders"`
	// Runs are those of workflows of orders; a long order has several.
	Runs         int `json:"runs"`
	MiniPrograms int `json:"mini_programs"`
	Messages     int `json:"messages"`
	Files        int `json:"files"`
	Archived     int `json:"archived"`
	Audited      int `json:"audited"`
}

func (r *Removed) add(digest string) {
	if !slices.Contains(r.Orders, digest) {
		r.Orders = append(r.Orders, digest)
	}
}

// Record says that a merchant was purged, when, by whom and how much that was, and nothing of whom it
// was: its digests can be compared by whoever has the archive's salt, and by nobody else.
type Record struct {
	Record    int       `json:"purge_record"`
	BeganAt   time.Time `json:"began_at"`
	EndedAt   time.Time `json:"ended_at"`
	By        string    `json:"by"`
	Namespace string    `json:"namespace"`
	AppID     string    `json:"app_id"`
	// Merchant is the digest of its merchant_ref.
	Merchant string  `json:"merchant"`
	Removed  Removed `json:"removed"`
	// Shared is how many of its mini programs stay, because orders of others are about them.
	Shared int `json:"shared_mini_programs"`
	// Before is how many of its orders an earlier purge had removed, one that was cut off for example.
	Before int `json:"purged_before"`
}

// Signed is a record with its signature; none where `sealing: none` left nothing to sign with.
type Signed struct {
	Record
	Signature *seal.Signature `json:"signature,omitempty"`
}

const (
	recordVersion = 1
	signPurpose   = "purge record"
)

// Sign signs a record.
func Sign(record Record, ring *seal.Ring) (Signed, error) {
	record.Record = recordVersion
	text, err := json.Marshal(record)
	if err != nil {
		return Signed{}, fmt.Errorf("write the record: %w", err)
	}
	signature, err := ring.Sign(text, signPurpose)
	if errors.Is(err, seal.ErrUnsigned) {
		return Signed{Record: record}, nil
	}
	return Signed{record, &signature}, err
}

// Verify reports whether a record is as it was signed, and whether it was signed with a key of this ring.
func (s Signed) Verify(ring *seal.Ring) (good, ours bool) {
	text, err := json.Marshal(s.Record)
	if err != nil || s.Signature == nil {
		return false, false
	}
	return ring.Signed(text, signPurpose, *s.Signature)
}
