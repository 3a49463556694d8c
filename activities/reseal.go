package activities

import (
	"context"

	"miniflow/order"
)

// Resealing holds the activity that seals anew what a workflow carries.
type Resealing struct {
	Ring interface {
		Opener
		Seal(plain []byte, context ...string) (order.Sealed, error)
		// Current reports whether a value is sealed under the key that seals.
		Current(sealed order.Sealed) bool
	}
}

// ResealCall has the sealed values that a workflow of an app carries.
type ResealCall struct {
	AppID  string         `json:"app_id"`
	Values []order.Sealed `json:"values"`
}

// Resealed has the same values in the same order, under the key that seals. What does not open is as it
// was: a later try may have the key for it, and nothing is lost meanwhile.
type Resealed struct {
	Values []order.Sealed `json:"values"`
}

// Reseal seals values anew under the key that seals.
//
// Repeating it is harmless: a value that is under that key already stays as it is.
func (r *Resealing) Reseal(_ context.Context, call ResealCall) (Resealed, error) {
	resealed := Resealed{Values: make([]order.Sealed, 0, len(call.Values))}
	for _, value := range call.Values {
		again, err := r.reseal(value, call.AppID)
		if err != nil {
			return Resealed{}, err
		}
		resealed.Values = append(resealed.Values, again)
	}
	return resealed, nil
}

// reseal tries each purpose: a value does not say its own, and opens for no other.
func (r *Resealing) reseal(value order.Sealed, appID string) (order.Sealed, error) {
	if r.Ring.Current(value) {
		return value, nil
	}
	for _, purpose := range order.CarriedPurposes() {
		if plain, err := r.Ring.Open(value, appID, purpose); err == nil {
			return r.Ring.Seal(plain, appID, purpose)
		}
	}
	return value, nil
}
