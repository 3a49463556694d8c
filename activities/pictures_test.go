package activities_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"go.temporal.io/sdk/testsuite"

	"miniflow/activities"
)

var errVanished, errBusy = errors.New("404"), errors.New("503")

// gallery serves pictures by their addresses and keeps copies under "sum-" and the picture.
func gallery(served map[string]error) *activities.Pictures {
	return &activities.Pictures{
		Fetch:    func(_ context.Context, url string) ([]byte, error) { return []byte(url), served[url] },
		Unusable: func(err error) bool { return errors.Is(err, errVanished) },
		Keep: func(_ context.Context, _, _ string, picture []byte) (string, error) {
			if string(picture) == "full" {
				return "", errBusy
			}
			return "sum-" + string(picture), nil
		},
	}
}

// TestPicturesAreCopied: what is there has a copy, what is gone for good has none, and what may come
// back is tried again before anything is said.
func TestPicturesAreCopied(t *testing.T) {
	pictures := gallery(map[string]error{"gone": errVanished, "busy": errBusy})
	if got, err := copiesOf(t, pictures, "a", "gone", "b"); err != nil || !slices.Equal(got, []string{"sum-a", "", "sum-b"}) {
		t.Errorf("%q, %v", got, err)
	}
	for _, later := range []string{"busy", "full"} {
		if got, err := copiesOf(t, pictures, "a", later); err == nil {
			t.Errorf("%s: %q is said to be all", later, got)
		}
	}
	pictures.Keep = nil
	if got, err := copiesOf(t, pictures, "a", "busy"); err != nil || len(got) != 0 {
		t.Errorf("without a place for files: %q, %v", got, err)
	}
}

func copiesOf(t *testing.T, pictures *activities.Pictures, urls ...string) ([]string, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	pictures.Register(env)
	value, err := env.ExecuteActivity(activities.CopyPictures.Name, activities.PicturesCall{AppID: "2021", OutOrderNo: "A", URLs: urls})
	if err != nil {
		return nil, err
	}
	var copied activities.PicturesCopied
	err = value.Get(&copied)
	return copied.Copies, err
}
