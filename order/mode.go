package order

// Mode says who acts for an application: Miniflow, or another system whose orders Miniflow only
// follows.
type Mode string

const (
	// ModeActive means that Miniflow makes every call that an order needs.
	ModeActive Mode = "active"
	// ModeObserve means that another system acts. Miniflow asks Alipay and changes nothing there,
	// whatever an order's policy says.
	ModeObserve Mode = "observe"
)

// Modes lists every mode, so that an error can name them.
func Modes() []Mode { return []Mode{ModeActive, ModeObserve} }
