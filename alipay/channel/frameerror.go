package channel

// Reason is how a frame violates the protocol. Wrong signatures are not among them, because
// those point at keys and not at a proxy: see [notify.Refusal].
type Reason string

// The reasons, an enum so that metrics stay bounded whatever a stranger sends.
const (
	ReasonBinary    Reason = "binary"
	ReasonHead      Reason = "head"
	ReasonJSON      Reason = "json"
	ReasonDuplicate Reason = "duplicate_member"
	ReasonCommand   Reason = "command"
	ReasonType      Reason = "type"
	ReasonData      Reason = "data"
)

// Reasons returns every reason, so that a test finds one that its error's text doesn't name.
func Reasons() []Reason {
	return []Reason{ReasonBinary, ReasonHead, ReasonJSON, ReasonDuplicate, ReasonCommand, ReasonType, ReasonData}
}

// FrameError is why a frame was not even verified. It carries nothing of the frame.
type FrameError struct{ Reason Reason }

// Error returns the reason without anything of the frame, because anybody may have written
// it.
func (e *FrameError) Error() string {
	return "frame refused (" + string(e.Reason) + "): Alipay doesn't send this; look at what stands between it and this client"
}

// Is matches an error for the same reason, so that tests compare with errors.Is.
func (e *FrameError) Is(target error) bool {
	other, ok := target.(*FrameError)
	return ok && *other == *e
}
