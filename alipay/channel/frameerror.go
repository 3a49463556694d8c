package channel

// Reason says what about a frame is against the protocol. Signatures are not
// among them: see [notify.Refusal].
type Reason string

// The reasons.
const (
	ReasonBinary    Reason = "binary"           // not a text frame
	ReasonHead      Reason = "head"             // no empty line, or header lines that can't be read
	ReasonJSON      Reason = "json"             // the body is not one JSON object, or a member has another type
	ReasonDuplicate Reason = "duplicate_member" // a member occurs twice
	ReasonCommand   Reason = "command"          // x-cmd is not CONSUME
	ReasonType      Reason = "type"             // x-type is not message
	ReasonData      Reason = "data"             // no data object
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{ReasonBinary, ReasonHead, ReasonJSON, ReasonDuplicate, ReasonCommand, ReasonType, ReasonData}
}

// FrameError is why a frame was not even verified. Nothing of the frame comes
// with it.
type FrameError struct{ Reason Reason }

// Error names the reason.
func (e *FrameError) Error() string {
	return "frame refused (" + string(e.Reason) + "): Alipay doesn't send this; look at what stands between it and this client"
}

// Is matches an error for the same reason.
func (e *FrameError) Is(target error) bool {
	other, ok := target.(*FrameError)
	return ok && *other == *e
}
