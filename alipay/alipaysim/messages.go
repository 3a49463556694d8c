package alipaysim

import "time"

// Fates of a message.
const (
	fateOwed      = "owed"      // deliveries are due
	fateDelivered = "delivered" // the receiver said success
	fateGivenUp   = "given_up"  // the last retry failed
	fateDropped   = "dropped"   // lost by a rule's chance
	fateWithheld  = "withheld"  // pushes were off
)

// messageRecord is one push: its parameters without the signature, and its fate.
// It is signed at each delivery; PKCS#1 v1.5 gives the same bytes every time, so
// retries are equal to the letter as long as the key is.
type messageRecord struct {
	// Key is the notify_id, or more when that was sent before by hand.
	Key        string            `json:"key"`
	NotifyID   string            `json:"notify_id"`
	AppID      string            `json:"app_id"`
	Name       string            `json:"message"`
	OutOrderNo string            `json:"out_order_no,omitempty"`
	MiniAppID  string            `json:"mini_app_id,omitempty"`
	Rule       NotifyRule        `json:"rule"`
	Charset    Charset           `json:"charset"`
	Encrypt    bool              `json:"encrypt,omitempty"` // biz_content, over HTTP
	Channel    string            `json:"channel,omitempty"` // empty, in old files, is http
	Once       bool              `json:"once,omitempty"`    // a failure is not followed by a retry
	Params     map[string]string `json:"params"`
	Fate       string            `json:"fate"`
	CreatedAt  time.Time         `json:"created_at"`
}

func (r *messageRecord) Place() (string, string) { return bucketMessages, r.Key }

// Delivery is one attempt to hand over a push, and what came back.
type Delivery struct {
	Seq      uint64    `json:"seq"`
	NotifyID string    `json:"notify_id"`
	AppID    string    `json:"app_id"`
	Message  string    `json:"message"`
	Attempt  int       `json:"attempt"` // from 1; a duplicate copy counts its own
	Copy     int       `json:"copy"`    // 0 is the message itself
	Channel  string    `json:"channel"` // http or websocket
	At       time.Time `json:"at"`
	Status   int       `json:"status"` // 0: no answer, or one over the long connection
	Body     string    `json:"body"`   // the first 256 bytes, or x-status
	Error    string    `json:"error,omitempty"`
	Success  bool      `json:"success"` // HTTP 200 with the body success, or x-status SUCCESS
	Latency  Duration  `json:"latency"`
	// Link, StreamID and Fault are those of the long connection.
	Link     string `json:"link,omitempty"`
	StreamID string `json:"stream_id,omitempty"`
	Fault    string `json:"fault,omitempty"`
}

func (r *Delivery) Place() (string, string) { return bucketDeliveries, sequenceKey(r.Seq) }

// spareKey is where a message is kept. A notify_id that was used before is sent
// again as a message of its own, under another key, so that neither disturbs the
// other's deliveries.
func (t *tx) spareKey(notifyID string) string {
	key := notifyID
	for t.load(&messageRecord{Key: key}) {
		key = notifyID + "#" + t.hexID(8)
	}
	return key
}

// Produced is one message that a client sent over the long connection. Its
// content is not kept.
type Produced struct {
	Seq           uint64 `json:"seq"`
	AppID         string `json:"app_id"`
	MsgAPI        string `json:"msg_api"`
	MsgID         string `json:"msg_id"` // ours, in the acknowledgement
	ContentSHA256 string `json:"content_sha256"`
}

func (r *Produced) Place() (string, string) { return bucketProduced, sequenceKey(r.Seq) }

// produced stores a message that a client has sent.
func (t *tx) produced(message Produced) {
	message.Seq = t.sequence(bucketProduced)
	t.save(&message)
}

// deliveries returns every attempt to deliver, the oldest first.
func (t *tx) deliveries() []*Delivery { return all[Delivery](t.storeTx, bucketDeliveries, "") }

// messages returns every push, in the order of their keys.
func (t *tx) messages() []*messageRecord { return all[messageRecord](t.storeTx, bucketMessages, "") }

// allProduced returns what clients have sent, the oldest first.
func (t *tx) allProduced() []*Produced { return all[Produced](t.storeTx, bucketProduced, "") }

// owedOverLinks returns how many deliveries wait for the long connection.
func (t *tx) owedOverLinks() int { return t.count(bucketOwedSocket) }
