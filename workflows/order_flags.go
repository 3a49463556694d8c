package workflows

import (
	"time"

	"miniflow/order"
)

// The flags of an order, by what renews them. Each has its row in package order, which
// says at which stages it may be set, by whom and why; the tests hold these fields and
// that table against one another. The JSON is flat where a group is embedded: histories
// and the next version of Miniflow read it.

// visit is what belongs to one visit of a stage. A move renews it whole, so that nothing
// of one stage decides the next.
type visit struct {
	// Approved makes the manual step of this stage go on; the next visit asks again.
	Approved bool `json:"approved,omitempty"`
	// GraceOver is set when auto_online has had its time: Alipay doesn't say that it will not come.
	GraceOver bool `json:"grace_over,omitempty"`
	// Unfiled is set when Alipay refused the full release for want of an ICP filing, and the
	// limited one is asked for. After a lost answer it says which of the two may be online.
	Unfiled bool `json:"unfiled,omitempty"`
	// QuestionRefused is set when Alipay refused the stage's question, or answered it for
	// good. It is not asked again until a person, or a new authorisation, gives a reason to.
	QuestionRefused bool `json:"blind,omitempty"`
	// Asked is set once Alipay was asked at this visit, in a wait that can last for days: from
	// then on the order sleeps, until somebody has a reason to ask again.
	Asked bool `json:"asked,omitempty"`
	// CertificationRefused is set when Alipay refused the question about the trial's certification.
	CertificationRefused bool `json:"certification_refused,omitempty"`
	// Roused is what the watchdog has had Alipay asked about; only then does it ask for a person.
	Roused string `json:"roused,omitempty"`
	// Escalated is what the watchdog has asked for a person about (see watched): the same is not
	// asked twice.
	Escalated string `json:"barked,omitempty"`
	// Reminded is how many reminders the merchant has had of what is asked now.
	Reminded int `json:"reminded,omitempty"`
	// HeldBack is set once it was noted what the stage would have called, had the app not been
	// observed.
	HeldBack bool `json:"held_back,omitempty"`
	// HoldChanged is when the stage's hold began or ended last, since the watchdog does not count a
	// hold against the stage.
	HoldChanged time.Time `json:"hold_changed,omitzero"`
}

// build is what belongs to the build of a version. It outlives the stages that the version goes
// through, since a rejected version may be submitted again as it is.
type build struct {
	// OwnNumber is set when Miniflow chose the version's number, and may choose another. One that
	// the ISV named is never replaced.
	OwnNumber bool `json:"own_number,omitempty"`
	// Reserved is set once the number is recorded for this order: an upload before that could be anybody's.
	Reserved bool `json:"reserved,omitempty"`
	// Uploaded is set once Alipay has taken the upload. It does not take a number twice.
	Uploaded bool `json:"uploaded,omitempty"`
	// Rebuilt is set once a failed build was tried again under another number; a second failure is
	// the template's.
	Rebuilt bool `json:"rebuilt,omitempty"`
	// Tried is the highest number that was tried: Alipay takes no lower one.
	Tried string `json:"tried,omitempty"`
	// Experience is how far the version is one that people can try out; nil before Alipay was asked.
	Experience *experience `json:"experience,omitempty"`
	// Drop names the fields that Alipay does not let this mini program change. It lasts
	// until the submission is corrected.
	Drop []string `json:"drop,omitempty"`
}

// course is what a person wants in place of the story, and is carried: the wish outlives the run.
type course struct {
	// Rework is set between a resubmit command and the version's way back. It answers
	// the rejection that it was given for, and no later one.
	Rework *order.Instruction `json:"rework,omitempty"`
	// Withdraw is set from a withdraw command until the version is out of Alipay's hands, or
	// online. Alipay may be faster, so that it can take more than one call.
	Withdraw bool `json:"withdraw,omitempty"`
	// AskFirst is the stage whose act was undone, or overtaken by a person's withdrawal: it
	// waits for an approval, no matter what the policy says. Leaving the stage ends it.
	AskFirst order.Stage `json:"ask_first,omitempty"`
}

// charge is how far the order is in charge of its mini program, on which another order may be at
// work.
type charge struct {
	// Claimed is set once the order has asked to be in charge, and until its mini program's
	// workflow is found gone, which forgets the claim.
	Claimed bool `json:"claimed,omitempty"`
	// Placed is set once the mini program has said where the order stands since it was claimed
	// last; until then the order may be in the queue without knowing.
	Placed bool `json:"placed,omitempty"`
}

// traces are what may stand at Alipay that this run has not seen: a cancellation has to look for
// it.
type traces struct {
	// Earlier is set while a version may stand at Alipay that an earlier run of the order, closed
	// or reset, has made: a cancellation has to find it.
	Earlier bool `json:"earlier,omitempty"`
	// Unheard is set once an answer to create was lost, until Alipay has said what became of it.
	Unheard bool `json:"unheard,omitempty"`
}

// beginBuild begins the build again, under another number where the number is Miniflow's to choose,
// since Alipay takes each once.
func (s *orderState) beginBuild() {
	s.Reserved, s.Uploaded, s.Experience = false, false, nil
	if s.OwnNumber {
		s.Version.AppVersion = ""
	}
}
