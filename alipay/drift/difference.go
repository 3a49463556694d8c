package drift

import "time"

// Kind is what differs.
type Kind string

// The kinds. They are the labels of the metric, so there are few and none comes from outside.
const (
	KindName    Kind = "name"    // a message under a name that is not known
	KindCode    Kind = "code"    // a refusal with a code in no table, or one whose meaning is assumed
	KindStatus  Kind = "status"  // a value of a status, likewise
	KindField   Kind = "field"   // a member or a parameter that nobody reads and no page documents
	KindCharset Kind = "charset" // another than was asked for, or one that can't be read
	KindTiming  Kind = "timing"  // a time that can't be right, or comes later than Alipay repeats
)

// Kinds returns every kind, so that metrics exist before the first difference.
func Kinds() []Kind {
	return []Kind{KindName, KindCode, KindStatus, KindField, KindCharset, KindTiming}
}

// Difference is one thing that Alipay did and Miniflow did not know, or knew and only assumed.
// Nothing in it is a person's: see [Hidden].
type Difference struct {
	AppID string `json:"app_id" doc:"The third-party application." example:"2021000000000000"`
	Kind  Kind   `json:"kind" enum:"name,code,status,field,charset,timing" doc:"What differs." example:"status"`
	Where string `json:"where" doc:"The method that was answered, or the message." example:"alipay.open.mini.isv.query"`
	Field string `json:"field,omitempty" doc:"The path of the field, where it is about one." example:"status"`
	What  string `json:"what,omitempty" doc:"The code, the status, the name or the charset; (not shown) where it doesn't look like one, since it may be a person's." example:"HALF_AGREED"`
	Row   int    `json:"row,omitempty" doc:"The row of docs/unverified.md that it is about." example:"9"`

	First time.Time `json:"first" doc:"When it was seen first by this process."`
	Last  time.Time `json:"last" doc:"When it was seen last."`
	Count int64     `json:"count" doc:"How many answers or messages had it." example:"3"`

	Case *Case `json:"case,omitempty" doc:"The first answer or message that had it, every value replaced; only where cases are asked for, and it has at most 16 KiB."`
}

// Report is what one process has seen since it began.
type Report struct {
	Since       time.Time    `json:"since" doc:"Since when the process that answers compares. Another process has seen others."`
	Answers     int64        `json:"answers" doc:"How many answers of Alipay's gateway were compared, of every app." example:"1200"`
	Messages    int64        `json:"messages" doc:"How many verified messages, of every app." example:"340"`
	Differences []Difference `json:"differences" doc:"Each once, the most frequent first."`
	Unlisted    int64        `json:"unlisted" doc:"How many further ones were counted after the list was full at 500." example:"0"`
}

// seen is a difference before it has been counted.
type seen struct {
	kind               Kind
	where, field, what string
}
