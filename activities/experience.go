package activities

import (
	"context"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/order"
)

// ExperienceState is how far a version is one that people can try out (体验版): Alipay's words in ours,
// since it spells one of them in two ways.
type ExperienceState string

// Alipay packages an experience version after it was asked for.
const (
	ExperienceNone      ExperienceState = "none"
	ExperiencePackaging ExperienceState = "packaging"
	ExperiencePackaged  ExperienceState = "packaged"
)

// ExperienceAnswer is Alipay's truth about an experience version.
type ExperienceAnswer struct {
	Traced
	State ExperienceState `json:"state"`
	// QR is the picture of its code, and Schema the address that the code stands for.
	QR     string `json:"qr,omitempty"`
	Schema string `json:"schema,omitempty"`
	// Moved is where the version stands where that is not in development: somebody has submitted it, and
	// there is nothing to try out before.
	Moved *VersionAnswer `json:"moved,omitempty"`
}

// CreateExperience makes a version in development one that people can try out.
//
// Repeating it is harmless: every try asks first, and that it is one already is what was wanted.
func (a *Alipay) CreateExperience(ctx context.Context, question VersionQuestion) (ExperienceAnswer, error) {
	truth, err := a.askBefore(ctx, question)
	if err == nil && truth.Status != VersionInit {
		return ExperienceAnswer{Moved: &truth}, nil
	}
	var stands ExperienceAnswer
	if err == nil {
		stands, err = a.askExperience(ctx, question)
	}
	if err != nil || stands.State != ExperienceNone {
		return stands, refusal(err, "version")
	}
	err = a.act(ctx, question, func(gateway Gateway, token alipay.Secret) error {
		return gateway.CreateExperience(ctx, token, question.AppVersion, question.BundleID)
	})
	if err != nil && !isRefusedWith(err, "CAN_NOT_SET_EXP_REPEAT") {
		if isQuery(err) {
			return stands, traceless(err, "version")
		}
		return stands, refusal(err, "version")
	}
	return ExperienceAnswer{State: ExperiencePackaging}, nil
}

// AwaitExperience asks until the experience version can be tried out, since Alipay sends no message
// about it. It changes nothing at Alipay. One that Alipay does not show time and again ends it too.
func (a *Alipay) AwaitExperience(ctx context.Context, question VersionQuestion) (ExperienceAnswer, error) {
	stands, err := a.askExperience(ctx, question)
	tried := asked(ctx, question.Pacing.Schedule)
	switch {
	case err != nil:
		return stands, paced(ctx, err, "version", question.Pacing)
	case stands.State == ExperiencePackaged, stands.State == ExperienceNone && tried > soonVisible:
		return stands, nil
	}
	return stands, waiting("asked for the experience version: "+string(stands.State), question.Pacing.Schedule.Delay(tried))
}

func (a *Alipay) askExperience(ctx context.Context, question VersionQuestion) (ExperienceAnswer, error) {
	var answer ExperienceAnswer
	err := a.act(ctx, question, func(client Gateway, token alipay.Secret) error {
		found, err := client.QueryExperience(ctx, token, question.AppVersion, question.BundleID)
		answer = experienceOf(found)
		return err
	})
	return answer, err
}

// experienceOf takes a status that nobody knows for one on the way: nothing ends on such a word.
func experienceOf(found gateway.Experience) ExperienceAnswer {
	switch {
	case found.Packaged():
		return ExperienceAnswer{State: ExperiencePackaged, QR: addressWithin(found.QRCode), Schema: addressWithin(found.Schema)}
	case found.Status == gateway.ExperienceNone:
		return ExperienceAnswer{State: ExperienceNone}
	}
	return ExperienceAnswer{State: ExperiencePackaging}
}

// addressWithin drops an address that is longer than any of Alipay's: the order carries it.
func addressWithin(address string) string {
	if len(address) > order.MaxAddress {
		return ""
	}
	return address
}
