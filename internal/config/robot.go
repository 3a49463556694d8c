package config

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"miniflow/order"
)

// Robot is the robot of a group that is told what needs a person.
type Robot struct {
	// Name distinguishes the robots of an app, and is what was told to it kept under: a robot with a new
	// name is told of everything once more. Required.
	Name string `yaml:"name"`
	// Kind is dingtalk (钉钉), wecom (企业微信) or feishu (飞书).
	Kind string `yaml:"kind"`
	// URL is the address that the group's settings show. Whoever has it can post to the group, so it is
	// a secret.
	URL     Secret `yaml:"url"`
	URLFile string `yaml:"url_file"`
	// Secret signs: 钉钉's 加签 or 飞书's 签名校验. 企业微信 has none.
	Secret     Secret `yaml:"secret"`
	SecretFile string `yaml:"secret_file"`
	// Merchants bounds the robot to some merchants, each a merchant_ref or the beginning of several and a
	// *. Default all, and what is about no merchant too.
	Merchants []string `yaml:"merchants"`
	// QuietHours are hours in Beijing, such as 22:00-08:00, in which only what is urgent is told; the rest
	// comes after. Default none.
	QuietHours string `yaml:"quiet_hours"`
	// Urgent are kinds of GET /v1/attention that are told in quiet hours too. Default none.
	Urgent []string `yaml:"urgent"`
	// Digest is the least time between two messages. Default 10m.
	Digest order.Duration `yaml:"digest"`
	// EscalateAfter is how long after it was told something that nobody has taken is told once more. Default
	// never.
	EscalateAfter order.Duration `yaml:"escalate_after"`
	// EscalateTo is the name of another robot of the app that is told then. Default the same one.
	EscalateTo string `yaml:"escalate_to"`
	// Mention are whom an escalation names: 钉钉's and 企业微信's user ids, 飞书's open ids, or all.
	Mention []string `yaml:"mention"`
}

func (r Robot) entry() string { return r.Name }

// robotKinds are those that have a format.
func robotKinds() []string { return []string{"dingtalk", "wecom", "feishu"} }

const (
	// mostRobots is how many an app may have: what each was told is kept in one place.
	mostRobots = 4
	// leastDigest is how often a group is told at most.
	leastDigest = order.Duration(time.Minute)
)

var (
	hoursForm   = regexp.MustCompile(`^([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])$`)
	mentionForm = regexp.MustCompile(`^[0-9A-Za-z_.@-]{1,64}$`)
	patternForm = regexp.MustCompile(`^[^*]{0,64}\*?$`)
)

// Quiet returns the quiet hours in minutes since midnight, both 0 where there are none.
func (r Robot) Quiet() (from, to int) {
	parts := hoursForm.FindStringSubmatch(r.QuietHours)
	if parts == nil {
		return 0, 0
	}
	var number [5]int
	for i, part := range parts[1:] {
		number[i], _ = strconv.Atoi(part) // the form has digits alone
	}
	return number[0]*60 + number[1], number[2]*60 + number[3]
}

// robots checks the robots of an app. No problem repeats an address.
func (v *validator) robots(at string, app App) {
	if len(app.Robots) > mostRobots {
		v.problem(at+".robots", "has more than %d; give groups of merchants a robot each, and no merchant one", mostRobots)
	}
	names := map[string]int{}
	for i, robot := range app.Robots {
		place := fmt.Sprintf("%s.robots[%d]", at, i)
		if first, again := names[robot.Name]; again || !idForm.MatchString(robot.Name) {
			v.problem(place+".name", "has to be a name of its own, of letters, digits, _ and -%s", sameAs(again, first))
		} else {
			names[robot.Name] = i
		}
		v.robot(place, robot)
		if to := robot.EscalateTo; to != "" && !slices.ContainsFunc(app.Robots, func(other Robot) bool { return other.Name == to }) {
			v.problem(place+".escalate_to", "is no name of a robot of this app")
		}
	}
}

func (v *validator) robot(at string, robot Robot) {
	oneOf(v, at+".kind", robot.Kind, robotKinds())
	v.robotAddress(at+".url", robot.URL.Reveal())
	if robot.Kind == "wecom" && (robot.Secret != "" || robot.SecretFile != "") {
		v.problem(at+".secret", "is not for wecom, whose robots sign nothing")
	}
	if robot.QuietHours != "" && !hoursForm.MatchString(robot.QuietHours) {
		v.problem(at+".quiet_hours", "has to be two times of a day in Beijing, such as 22:00-08:00")
	}
	if robot.Digest < leastDigest || robot.Digest > order.Duration(24*time.Hour) {
		v.problem(at+".digest", "has to be between 1m and 24h")
	}
	if robot.EscalateAfter < 0 {
		v.problem(at+".escalate_after", "has to be a time such as 2h")
	}
	for i, pattern := range robot.Merchants {
		if pattern == "" || !patternForm.MatchString(pattern) {
			v.problem(fmt.Sprintf("%s.merchants[%d]", at, i), "has to be a merchant_ref, or the beginning of several and a *")
		}
	}
	for i, id := range robot.Mention {
		if !mentionForm.MatchString(id) || id == "all" && robot.Kind == "wecom" {
			v.problem(fmt.Sprintf("%s.mention[%d]", at, i), "has to be a user id, or all where the robot knows that (wecom does not)")
		}
	}
}

// robotAddress requires https, because the token in the address must not be read on the way.
func (v *validator) robotAddress(at, text string) {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Hostname() == "" || parsed.User != nil || parsed.Scheme != "https" && (parsed.Scheme != "http" || !loopback(parsed.Hostname())) {
		v.problem(at, "has to be the https address that the group's settings show for the robot; give it as url_file, because whoever has it can post")
	}
}
