package activities

// WatchOnline asks Alipay what a page of an app's mini programs has online, and tells those that say
// something else of themselves. It runs on order.SweepTaskQueue: nothing waits for it.
var WatchOnline = Call[WatchCall, Watched]{Name: "WatchOnline", Kind: KindSweep}

// WatchCall asks about one page; the first counts how many mini programs there are.
type WatchCall struct {
	AppID string `json:"app_id"`
	Page  []byte `json:"page,omitempty"`
}

// Watched is what came of a page.
type Watched struct {
	// Of is how many mini programs there are, on the first page, and Listed how many stood on this one.
	Of     int64 `json:"of,omitempty"`
	Listed int   `json:"listed"`
	// Asked have a token and were asked about, Told are those of them with news; of Unanswered Alipay
	// said nothing.
	Asked      int `json:"asked"`
	Told       int `json:"told,omitempty"`
	Unanswered int `json:"unanswered,omitempty"`
	// Next is the next page, empty after the last.
	Next []byte `json:"next,omitempty"`
}
