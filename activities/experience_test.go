package activities_test

import (
	"context"
	"testing"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
)

func (o *fakeAlipay) CreateExperience(_ context.Context, token alipay.Secret, number, _ string) error {
	return o.call("try", &token, func() error {
		if _, tried := o.tried[number]; tried {
			return refused(codes.ClassQuery, "CAN_NOT_SET_EXP_REPEAT")
		}
		o.tried[number] = gateway.Experience{Status: gateway.ExperiencePackaging}
		return o.did("try")
	})
}

func (o *fakeAlipay) QueryExperience(_ context.Context, token alipay.Secret, number, _ string) (found gateway.Experience, err error) {
	return found, o.call("tried", &token, func() error {
		found = gateway.Experience{Status: gateway.ExperienceNone}
		if tried, ok := o.tried[number]; ok {
			found = tried
		}
		return nil
	})
}

func (o *fakeAlipay) CancelExperience(_ context.Context, token alipay.Secret, number, _ string) error {
	return o.call("untry", &token, func() error {
		delete(o.tried, number)
		return o.did("untry")
	})
}

func experienceCases() map[string]activityCase {
	packaged := func(status gateway.ExperienceState) func(*fakeAlipay) {
		return func(o *fakeAlipay) {
			o.tried[number] = gateway.Experience{Status: status, QRCode: "https://qr.example/1", Schema: "alipays://open/1"}
		}
	}
	return map[string]activityCase{
		activities.CreateExperience.Name: {
			input: question(), method: "try", effect: "try", prefix: "version", doubts: doubtsTraceless,
			ready: standing(gateway.VersionInit), want: activities.ExperienceAnswer{State: activities.ExperiencePackaging},
		},
		activities.AwaitExperience.Name: {
			input: awaiting(), method: "tried", prefix: "version", polls: true, doubts: doubtsWait,
			ready:   packaged(gateway.ExperiencePackaged),
			want:    activities.ExperienceAnswer{State: activities.ExperiencePackaged, QR: "https://qr.example/1", Schema: "alipays://open/1"},
			pending: packaged(gateway.ExperiencePackaging), says: "asked for the experience version: packaging",
		},
	}
}

// TestAnExperienceVersion is made of a version in development alone, once, and read in both of Alipay's
// spellings. One that Alipay does not show is asked about for a while.
func TestAnExperienceVersion(t *testing.T) {
	t.Run("one already", func(t *testing.T) {
		b := newBench(t)
		b.fakeAlipay.version(gateway.VersionInit)
		b.fakeAlipay.plan("try", plan{err: refused(codes.ClassQuery, "CAN_NOT_SET_EXP_REPEAT")})
		result, err := b.try(activities.CreateExperience.Name, question())
		if err != nil {
			t.Fatal(err)
		}
		sameJSON(t, result, activities.ExperienceAnswer{State: activities.ExperiencePackaging})
	})
	t.Run("submitted meanwhile", func(t *testing.T) {
		b := newBench(t)
		b.fakeAlipay.version(gateway.VersionAuditing)
		result, err := b.try(activities.CreateExperience.Name, question())
		if err != nil || b.fakeAlipay.calls["try"] != 0 {
			t.Fatal(err, b.fakeAlipay.calls)
		}
		moved := stands(activities.VersionAuditing)
		sameJSON(t, result, activities.ExperienceAnswer{Moved: &moved})
	})
	t.Run("as Alipay's page spells it", func(t *testing.T) {
		b := newBench(t)
		b.fakeAlipay.tried[number] = gateway.Experience{Status: gateway.ExperiencePackged}
		result, err := b.try(activities.AwaitExperience.Name, awaiting())
		if err != nil {
			t.Fatal(err)
		}
		sameJSON(t, result, activities.ExperienceAnswer{State: activities.ExperiencePackaged})
	})
	t.Run("not shown", func(t *testing.T) {
		b := newBench(t)
		if _, err := b.try(activities.AwaitExperience.Name, awaiting()); !retryable(err) {
			t.Errorf("given up at once: %v", err)
		}
		b.attempt = 7
		result, err := b.try(activities.AwaitExperience.Name, awaiting())
		if err != nil {
			t.Fatal(err)
		}
		sameJSON(t, result, activities.ExperienceAnswer{State: activities.ExperienceNone})
	})
}

// TestWhatIsTriedOutIsDeletedAfterwards: Alipay deletes no version that people can try out, so that ends
// first.
func TestWhatIsTriedOutIsDeletedAfterwards(t *testing.T) {
	for name, c := range map[string]struct {
		plans map[string]error
		want  activities.VersionAnswer
		calls int
	}{
		"packaged":           {nil, activities.VersionAnswer{Status: activities.VersionInit, Deleted: true}, 2},
		"ended meanwhile":    {map[string]error{"untry": refused(codes.ClassQuery, "CAN_NOT_CANCEL_EXP_WITH_INVALID_STATUS")}, activities.VersionAnswer{Status: activities.VersionInit, Kept: "CAN_NOT_DELETE_WITH_EXPERIENCE"}, 2},
		"still being packed": {map[string]error{"untry": refused(codes.ClassWait, "CAN_NOT_CANCEL_WITHOUT_PACKAGED")}, activities.VersionAnswer{Status: activities.VersionInit, Kept: "CAN_NOT_CANCEL_WITHOUT_PACKAGED"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.fakeAlipay.version(gateway.VersionInit)
			b.fakeAlipay.tried[number] = gateway.Experience{Status: gateway.ExperiencePackaged}
			for method, err := range c.plans {
				b.fakeAlipay.plan(method, plan{err: err})
			}
			question := question()
			question.Delete = true
			result, err := b.try(activities.TakeBack.Name, question)
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			want.Scan = "NAN"
			sameJSON(t, result, want)
			if b.fakeAlipay.calls["delete"] != c.calls || b.fakeAlipay.calls["untry"] != 1 {
				t.Errorf("calls: %v", b.fakeAlipay.calls)
			}
		})
	}
}
