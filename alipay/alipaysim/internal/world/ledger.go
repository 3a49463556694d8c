package world

import (
	"time"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/store"
	"miniflow/alipay/alipaysim/script"
	"miniflow/alipay/alipaysim/wire"
)

// Fates of a message, in the words of the file and of the management API.
const (
	fateOwed      = "owed"      // deliveries are due
	fateDelivered = "delivered" // the receiver said success
	fateGivenUp   = "given_up"  // the last retry failed
	fateDropped   = "dropped"   // lost by a rule's chance
	fateWithheld  = "withheld"  // pushes were off
)

// Message is one push: its parameters without the signature, and its fate.
// It is signed at each delivery; PKCS#1 v1.5 gives the same bytes every time, so
// retries are equal to the letter as long as the key is.
type Message struct {
	// Key is the notify_id, or more when that was sent before by hand.
	Key        string             `json:"key"`
	NotifyID   string             `json:"notify_id"`
	AppID      string             `json:"app_id"`
	Name       string             `json:"message"`
	OutOrderNo string             `json:"out_order_no,omitempty"`
	MiniAppID  string             `json:"mini_app_id,omitempty"`
	Rule       account.NotifyRule `json:"rule"`
	Charset    wire.Charset       `json:"charset"`
	Encrypt    bool               `json:"encrypt,omitempty"` // biz_content, over HTTP
	Channel    string             `json:"channel,omitempty"` // empty, in old files, is http
	Once       bool               `json:"once,omitempty"`    // a failure is not followed by a retry
	Params     map[string]string  `json:"params"`
	Fate       string             `json:"fate"`
	CreatedAt  time.Time          `json:"created_at"`
}

// Place is by Key and not by NotifyID, which somebody may send more than once by hand.
func (r *Message) Place() (string, string) { return bucketMessages, r.Key }

// Delivery is one attempt to hand over a push, and what came back. A retry is another
// one.
type Delivery struct {
	Seq      uint64          `json:"seq"`
	NotifyID string          `json:"notify_id"`
	AppID    string          `json:"app_id"`
	Message  string          `json:"message"`
	Attempt  int             `json:"attempt"` // from 1; a duplicate copy counts its own
	Copy     int             `json:"copy"`    // 0 is the message itself
	Channel  string          `json:"channel"` // http or websocket
	At       time.Time       `json:"at"`
	Status   int             `json:"status"` // 0: no answer, or one over the long connection
	Body     string          `json:"body"`   // the first 256 bytes, or x-status
	Error    string          `json:"error,omitempty"`
	Success  bool            `json:"success"` // HTTP 200 with the body success, or x-status SUCCESS
	Latency  script.Duration `json:"latency"`
	// Link, StreamID and Fault are those of the long connection, empty over HTTP.
	Link     string `json:"link,omitempty"`
	StreamID string `json:"stream_id,omitempty"`
	Fault    string `json:"fault,omitempty"`
}

// Place sorts attempts by their number, which is the order in which they ended.
func (r *Delivery) Place() (string, string) { return bucketDeliveries, store.SequenceKey(r.Seq) }

// SpareKey is where a message is kept. A notify_id that was used before is sent
// again as a message of its own, under another key, so that neither disturbs the
// other's deliveries.
func (t *Tx) SpareKey(notifyID string) string {
	key := notifyID
	for t.Load(&Message{Key: key}) {
		key = notifyID + "#" + t.HexID(8)
	}
	return key
}

// Produced is one message that a client sent over the long connection. Its content may
// be people's data and is not kept: a digest is enough to compare it.
type Produced struct {
	Seq           uint64 `json:"seq"`
	AppID         string `json:"app_id"`
	MsgAPI        string `json:"msg_api"`
	MsgID         string `json:"msg_id"` // ours, in the acknowledgement
	ContentSHA256 string `json:"content_sha256"`
}

// Place sorts what clients sent by number, which is the order of the acknowledgements.
func (r *Produced) Place() (string, string) { return bucketProduced, store.SequenceKey(r.Seq) }

// Produced stores a message that a client has sent. It is acknowledged only once it is
// on disk.
func (t *Tx) Produced(message Produced) {
	message.Seq = t.Sequence(bucketProduced)
	t.Save(&message)
}

// Deliveries returns every attempt to deliver, the oldest first, so that a reader goes
// on after the last it knows.
func (t *Tx) Deliveries() []*Delivery { return store.All[Delivery](t.Tx, bucketDeliveries, "") }

// Messages returns every push, in the order of their keys, those that were dropped or
// withheld too: by them a ledger sees what could not arrive.
func (t *Tx) Messages() []*Message { return store.All[Message](t.Tx, bucketMessages, "") }

// AllProduced returns what clients have sent, the oldest first. It is the only proof
// that it arrived: nothing follows from it here.
func (t *Tx) AllProduced() []*Produced { return store.All[Produced](t.Tx, bucketProduced, "") }

// OwedOverLinks returns how many deliveries wait for the long connection, which may be
// until a client comes.
func (t *Tx) OwedOverLinks() int { return t.Count(bucketOwedSocket) }
