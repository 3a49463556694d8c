package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// The pictures that reviewers attach to a rejection expire at Alipay's, so they are copied beside
// everything else, and the reasons name the copies. Where there are none, nothing is recorded.

// changePictures names the change that copies reviewers' pictures.
const changePictures = "rejection-pictures"

// maxPictures bounds the pictures of one attempt that are copied, because their hashes are carried.
const maxPictures = 16

// noticePictures remembers that the last attempt has pictures to copy. What was remembered of an
// attempt before it is dropped: its pictures had their time.
func (o *orderRun) noticePictures(ctx workflow.Context) {
	audit := o.lastAudit()
	if len(picturesOf(audit)) > 0 && workflow.GetVersion(ctx, changePictures, workflow.DefaultVersion, 1) >= 1 {
		o.copying.Close()
		o.Pictured = audit.Attempt
	}
}

// picturesOf returns the addresses of an attempt's pictures, as many as are copied.
func picturesOf(audit *order.Audit) (urls []string) {
	for _, reason := range audit.Reasons {
		urls = append(urls, reason.Images...)
	}
	return urls[:min(len(urls), maxPictures)]
}

// copyPictures begins to copy what was remembered.
func (o *orderRun) copyPictures(ctx workflow.Context) {
	if o.Pictured == 0 || o.copying.Future != nil {
		return
	}
	audit := o.attempt(o.Pictured)
	if audit == nil {
		o.Pictured = 0
		return
	}
	request := o.input.Request
	call := activities.PicturesCall{AppID: request.AppID, OutOrderNo: request.OutOrderNo, URLs: picturesOf(audit)}
	o.copying = durable.Asking(ctx, request.AppID, activities.CopyPictures, call, o.say(words.New("do.copy_pictures")))
}

// picturesCopied writes down which copies there are. Without one the order is as it was.
func (o *orderRun) picturesCopied(ctx workflow.Context) {
	copied, err := durable.AnswerTo(ctx, activities.CopyPictures, o.copying.Future)
	audit := o.attempt(o.Pictured)
	o.copying.Close()
	o.Pictured = 0
	if err != nil || audit == nil {
		return
	}
	left := copied.Copies
	for i := range audit.Reasons {
		reason := &audit.Reasons[i]
		mine := min(len(reason.Images), len(left))
		reason.Copies, left = left[:mine:mine], left[mine:]
	}
	o.dirty = true
}

func (o *orderRun) attempt(number int) *order.Audit {
	for i := range o.Audits {
		if o.Audits[i].Attempt == number {
			return &o.Audits[i]
		}
	}
	return nil
}
