package order

import (
	"fmt"
	"slices"
	"strings"
)

// Beside its stage an order carries flags: what it knows, or what a person wants, that
// does not move it along the table. They are the second half of the state machine, so
// each has its row here, and a flag without one fails the tests.

// FlagLife says what renews a flag. Each life but the last is a struct of the workflow's state; a
// move empties the visit's as a whole, so that no flag of it is forgotten.
type FlagLife string

const (
	// LifeVisit means that the flag belongs to one visit of a stage: every move clears it,
	// so that what was true of one stage never decides another.
	LifeVisit FlagLife = "visit"
	// LifeBuild means that the flag belongs to the build of a version, and outlives the stages that
	// the version goes through: a rejected version may be submitted again without a new build.
	LifeBuild FlagLife = "build"
	// LifeCourse means that the flag is a person's wish that the story is turned aside for. It ends
	// when the wish is carried out, or has come too late.
	LifeCourse FlagLife = "course"
	// LifeCharge means that the flag says how far the order is in charge of its mini program. It
	// ends when the mini program's workflow is found gone, or the order is reset: then it has to be
	// claimed again.
	LifeCharge FlagLife = "charge"
	// LifeTraces means that the flag says what may stand at Alipay that this run has not
	// seen. It ends when Alipay has said what stands there.
	LifeTraces FlagLife = "traces"
	// LifeOrder means that the flag, once set, stays for as long as the order lives: what it notes
	// can't be undone.
	LifeOrder FlagLife = "order"
)

// FlagLives lists every life, so that a test can hold each against the fields that an order
// carries.
func FlagLives() []FlagLife {
	return []FlagLife{LifeVisit, LifeBuild, LifeCourse, LifeCharge, LifeTraces, LifeOrder}
}

// FlagRule is a flag's row: the tests check by it that no order carries a flag at a stage that has
// no use for it.
type FlagRule struct {
	// Name is the flag's member in the state that an order carries. It keeps its old word where the
	// Go name has changed, because running orders carry it.
	Name      string
	Life      FlagLife
	Stages    []Stage
	Set, Ends string
}

// Stages at which groups of flags may be set; ends are named too, because an order keeps what it
// knew when it ended.
var (
	everywhere = Stages()
	versioned  = []Stage{
		StageBuilding, StageScanning, StageSubmitting, StageAuditing, StageAuditRejected, StageBasePassed, StageReleasing,
		StageOnline, StageCreationFailed, StageCancelled,
	}
	// Questions are asked where Alipay has something to answer; a create is not a question.
	asking = []Stage{
		StageAwaitingMerchant, StageBuilding, StageScanning, StageSubmitting, StageAuditing, StageAuditRejected,
		StageBasePassed, StageReleasing,
	}
	acting = []Stage{
		StageCreating, StageAwaitingMerchant, StageAwaitingAuthorization, StageBuilding, StageScanning, StageSubmitting,
		StageAuditing, StageAuditRejected, StageBasePassed, StageReleasing,
	}
	steps    = []Stage{StageCreating, StageBuilding, StageSubmitting, StageReleasing}
	withheld = append([]Stage{StageBasePassed}, steps...)
)

var flags = []FlagRule{
	{"approved", LifeVisit, steps, "approve: the stage's manual step goes on", ""},
	{"grace_over", LifeVisit, []Stage{StageReleasing}, "auto_online has had its time, and Miniflow puts the version online itself", ""},
	{"unfiled", LifeVisit, []Stage{StageReleasing},
		"Alipay refused the full release for want of an ICP filing, and the limited one is asked for", "Alipay refuses that too"},
	{"blind", LifeVisit, asking, "Alipay refused the stage's question, or answered it for good: it is not asked again by itself", "a command, or news of the authorisation"},
	{"asked", LifeVisit, asking, "Alipay was asked in a wait that can last for days: from then on the order sleeps", "a message, a command, the Sweep or the watchdog has it asked again"},
	{"certification_refused", LifeVisit, acting, "Alipay refused the question about the trial's certification: it is not asked again by itself", "a command"},
	{"roused", LifeVisit, acting, "the watchdog has had Alipay asked in a wait; names what it watched", "what it watched changes"},
	{"barked", LifeVisit, acting, "the watchdog has asked for a person; names what it watched", "what it watched changes"},
	{"reminded", LifeVisit, acting, "how often the merchant was reminded of what is asked", "something else is asked of the merchant"},
	{"held_back", LifeVisit, withheld, "the app is observed, and the stage's call was noted as one that would have been made", ""},
	{"hold_changed", LifeVisit, everywhere, "a hold begins or ends: the watchdog counts from here", ""},

	{"own_number", LifeBuild, everywhere, "the request, or resubmit, names no version number: Miniflow chooses it and may choose another", "resubmit names one"},
	{"reserved", LifeBuild, versioned, "the number is recorded for this order with its mini program", "the build begins again"},
	{"uploaded", LifeBuild, versioned, "Alipay has taken the upload", "the build begins again"},
	{"rebuilt", LifeBuild, versioned, "a failed build was tried once more under the next number: the next failure is a person's", "resubmit brings a version"},
	{"tried", LifeBuild, everywhere, "the highest number that was tried: the next is above it", ""},
	{"experience", LifeBuild, versioned, "the version is made one to try out, where the order wishes that", "the build begins again"},
	{"drop", LifeBuild, everywhere, "fields that Alipay does not let this mini program change are left out of the submission", "the submission is corrected"},

	{"rework", LifeCourse, []Stage{StageAuditRejected, StageOnline, StageCreationFailed, StageCancelled},
		"resubmit answers a rejection: the version is taken back first", "the version is back in development, or was judged again"},
	{"withdraw", LifeCourse, []Stage{StageAuditing, StageBasePassed, StageReleasing, StageCreationFailed, StageCancelled},
		"withdraw takes the version out of Alipay's hands", "it is out, online, or was rejected"},
	{"ask_first", LifeCourse, everywhere, "names the stage whose act was undone or overtaken: it waits for an approval, no matter what the policy says",
		"approve, or the order leaves that stage"},

	{"claimed", LifeCharge, everywhere, "the order has asked to be in charge of its mini program, or the merchant's authorisation names it", "the mini program's workflow is gone, or the order was reset"},
	{"placed", LifeCharge, everywhere, "the mini program has said where the order stands", "the order claims again"},

	{"earlier", LifeTraces, everywhere, "an earlier run of the order may have left a version at Alipay", "the number that is recorded for the order is known"},
	{"unheard", LifeTraces, everywhere, "an answer to create was lost: a mini program may exist", "Alipay answers create"},

	{"woken", LifeOrder, everywhere, "the messages that came before the order were called", ""},
	{"cancel_requested", LifeOrder, everywhere, "cancel: every step from here leads to the end", ""},
	{"limited", LifeOrder, everywhere, "the release was, or may have been, in Alipay's limited form", "the order releases again"},
	{"observed", LifeOrder, everywhere, "the app is observed: another system acts and the order follows",
		"a worker whose configuration says that the app acts for the merchant; retry finds out"},
	{"promotable", LifeOrder, []Stage{StageOnline}, "what is online may be promoted, or may not", ""},
}

// Flags lists every flag an order carries beside its stage; docs/states.md and the tests read the
// table through it.
func Flags() []FlagRule { return flags }

// FlagTable draws the flags as a Markdown table of names alone, which reads the same in
// every language: what belongs to a stage, and what renews it.
func FlagTable() string {
	var b strings.Builder
	b.WriteString("| flag | life |")
	for _, stage := range acting {
		fmt.Fprintf(&b, " %s |", strings.ReplaceAll(string(stage), "_", " "))
	}
	b.WriteString(" ended |\n|---|---|" + strings.Repeat("---|", len(acting)+1) + "\n")
	for _, flag := range flags {
		fmt.Fprintf(&b, "| `%s` | %s |", flag.Name, flag.Life)
		ended := ""
		for _, stage := range Stages() {
			mark := ""
			if flag.May(stage) {
				mark = "●"
			}
			if stage.Ended() {
				ended = max(ended, mark)
				continue
			}
			fmt.Fprintf(&b, " %s |", mark)
		}
		fmt.Fprintf(&b, " %s |\n", ended)
	}
	return b.String()
}

// May reports whether the flag may be set at a stage; the workflows' tests watch every order that
// they run for one that may not.
func (f FlagRule) May(at Stage) bool { return slices.Contains(f.Stages, at) }
