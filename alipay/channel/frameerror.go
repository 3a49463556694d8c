package channel

// Reason is how a frame violates the protocol. Wrong signatures are not among them: see
// [notify.Refusal].
type Reason string

// The reasons.
const (
	ReasonBinary    Reason = "binary"           // not a text frame
	ReasonHead      Reason = "head"             // no empty line, or unreadable header lines
	ReasonJSON      Reason = "json"             // the body is not one JSON object, or a member has another type
	ReasonDuplicate Reason = "duplicate_member" // a member occurs twice
	ReasonCommand   Reason = "command"          // x-cmd is not CONSUME
	ReasonType      Reason = "type"             // x-type is not message
	ReasonData      Reason = "data"             // no data object
)

// Reasons returns every reason.
func Reasons() []Reason {
	return []Reason{ReasonBinary, ReasonHead, ReasonJSON, ReasonDuplicate, ReasonCommand, ReasonType, ReasonData}
}

// FrameError is why a frame was not even verified. It carries nothing of the frame.
type FrameError struct{ Reason Reason }

// Error returns the reason.
func (e *FrameError) Error() string {
	return "frame refused (" + string(e.Reason) + "): Alipay doesn't send this; look at what stands between it and this client"
}

// Is matches an error for the same reason.
func (e *FrameError) Is(target error) bool {
	other, ok := target.(*FrameError)
	return ok && *other == *e
}
