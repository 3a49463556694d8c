package console

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/go-chi/chi/v5"

	"miniflow/order"
)

// reviewersPicture shows what a reviewer means: where it is at Alipay, for as long as that lasts, and
// the SHA-256 of its copy, empty where there is none.
type reviewersPicture struct{ At, Copy string }

// reasonShown is a reviewer's reason, with the parts of the audit that it was given for.
type reasonShown struct {
	Parts    []string
	Memo     string
	Pictures []reviewersPicture
}

// reasonsShown are an audit's reasons: Alipay often gives the same one for the admission and for the
// promotion.
func reasonsShown(reasons []order.Reason) []reasonShown {
	var shown []reasonShown
	for _, reason := range reasons {
		at := slices.IndexFunc(shown, func(one reasonShown) bool { return one.Memo == reason.Memo })
		if at < 0 {
			at, shown = len(shown), append(shown, reasonShown{Memo: reason.Memo})
		}
		if !slices.Contains(shown[at].Parts, reason.Part) {
			shown[at].Parts = append(shown[at].Parts, reason.Part)
		}
		for _, picture := range picturesOf(reason) {
			if !slices.Contains(shown[at].Pictures, picture) {
				shown[at].Pictures = append(shown[at].Pictures, picture)
			}
		}
	}
	return shown
}

// lastReasons are those of the last audit of an order that has not ended.
func lastReasons(view order.View) []reasonShown {
	if n := len(view.Audits); n > 0 && !view.Stage.Ended() {
		return reasonsShown(view.Audits[n-1].Reasons)
	}
	return nil
}

func picturesOf(reason order.Reason) []reviewersPicture {
	pictures := make([]reviewersPicture, len(reason.Images))
	for i, at := range reason.Images {
		pictures[i].At = at
		if i < len(reason.Copies) {
			pictures[i].Copy = reason.Copies[i]
		}
	}
	return pictures
}

// pictureHeaders are those of a picture that the REST API has answered with: it keeps somebody else's
// bytes from being anything but a picture.
var pictureHeaders = []string{"Content-Type", "Content-Security-Policy", "Content-Disposition", "X-Content-Type-Options", "Cache-Control"}

// picture passes a picture on.
func (c *Console) picture(w http.ResponseWriter, r *http.Request) {
	path := "/v1/files/" + url.PathEscape(chi.URLParam(r, "app")) + "/" + url.PathEscape(chi.URLParam(r, "sum"))
	answer, err := c.exchange(r, question{method: http.MethodGet, path: path})
	if err != nil {
		c.fail(w, r, err)
		return
	}
	for _, name := range pictureHeaders {
		if value := answer.header.Get(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	_, _ = answer.body.WriteTo(w) // a browser that has gone reads nothing
}
