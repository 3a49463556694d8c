package robots

import (
	"time"

	"golang.org/x/time/rate"

	"miniflow/activities/backend"
	"miniflow/attention"
	"miniflow/words"
)

// Kind says whose robot it is.
type Kind string

// The kinds of robots.
const (
	DingTalk Kind = "dingtalk" // 钉钉, a custom robot with the security setting 加签
	WeCom    Kind = "wecom"    // 企业微信, which signs nothing: its key is in the address
	Feishu   Kind = "feishu"   // 飞书, a custom robot with 签名校验
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{DingTalk, WeCom, Feishu} }

// Robot is one robot of one app.
type Robot struct {
	attention.Rules
	Kind Kind
	// URL is the address that the group's settings show. It is a secret: the token is in it.
	URL string
	// Secret signs, where the robot's settings have one.
	Secret string
	// Mention are whom an escalation names, by the ids that the robot's kind has for people; "all" is
	// everybody.
	Mention []string
	// Language is what its messages are written in.
	Language words.Language
	// Pace keeps to what a robot takes; nil keeps to nothing.
	Pace *rate.Limiter
}

// PerMinute is how many messages a minute a robot gets at most. 钉钉 and 企业微信 take twenty, and keep a
// robot that sends more silent for ten minutes.
const PerMinute = 18

// NewPace returns a limiter for one robot.
func NewPace() *rate.Limiter { return rate.NewLimiter(rate.Every(time.Minute/PerMinute), 1) }

// mentionAll stands for everybody.
const mentionAll = "all"

// dialect is what differs between the kinds.
type dialect interface {
	// compose returns the address and the body of a post, signed at a moment.
	compose(robot Robot, m message, now time.Time) (url string, body any, err error)
	// judge reads the answer to a post: each kind answers a refusal with 200, too.
	judge(answer backend.Answer) verdict
}

var dialects = map[Kind]dialect{DingTalk: dingTalk{}, WeCom: weCom{}, Feishu: feishu{}}

// verdict is what a robot made of a post.
type verdict struct {
	taken bool
	// code is its own; advice is what to do about a code that is known.
	code   int
	advice string
	// busy is set where it has taken too many, and again where the same post may be taken later.
	busy, again bool
}
