package miniprogram

import (
	"cmp"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// What users see outlives its order: people put it back or take it offline, here or in Alipay's console,
// and Alipay takes it down. Alipay sends no message about any of it.

// maxEvents bounds what a mini program remembers of that; each is short, but for a person's reason.
const maxEvents = 20

// change is who changed what users see, and why.
type change struct {
	cause         order.DownCause
	actor, reason string
}

// byOthers is a change that is found.
var byOthers = change{cause: order.DownByOthers}

// client is the client whose version is known, or else Alipay's own.
func (m *entity) client() string {
	switch {
	case m.Online != nil:
		return cmp.Or(m.Online.BundleID, order.DefaultBundleID)
	case m.Down != nil:
		return cmp.Or(m.Down.BundleID, order.DefaultBundleID)
	}
	return order.DefaultBundleID
}

// lastSeen is the version that users see, or saw last.
func (m *entity) lastSeen() string {
	switch {
	case m.Online != nil:
		return m.Online.AppVersion
	case m.Down != nil:
		return m.Down.AppVersion
	}
	return ""
}

// saw takes in what Alipay shows. by is who changed it, where it has changed. Where nothing was known
// before, it is no change.
func (m *entity) saw(ctx workflow.Context, now activities.OnlineAnswer, by change) {
	if now.Was == activities.VersionAuditOffline && now.AppVersion == "" {
		by = change{cause: order.DownByForce}
	}
	known := m.Online != nil || m.Down != nil
	switch {
	case now.AppVersion != "":
		m.isOnline(ctx, now, by, known)
	case m.Online != nil:
		m.isDown(ctx, by)
	case m.Down != nil && by.cause != m.Down.Cause && by.cause != order.DownByOthers:
		m.isDown(ctx, by)
	}
}

func (m *entity) isOnline(ctx workflow.Context, now activities.OnlineAnswer, by change, known bool) {
	if m.Online != nil && m.Online.AppVersion == now.AppVersion {
		return
	}
	previous, at := m.lastSeen(), workflow.Now(ctx).UTC()
	m.Online = &order.OnlineVersion{AppVersion: now.AppVersion, BundleID: m.client(), Promotable: now.Promotable, Since: at}
	m.Down = nil
	if known {
		m.happened(ctx, by, order.MiniProgramEvent{Type: order.HappenedOnlineChanged, AppVersion: now.AppVersion, Previous: previous})
	}
}

func (m *entity) isDown(ctx workflow.Context, by change) {
	version := m.lastSeen()
	m.Down = &order.DownVersion{AppVersion: version, BundleID: m.client(), Cause: by.cause, Since: workflow.Now(ctx).UTC()}
	m.Online = nil
	m.happened(ctx, by, order.MiniProgramEvent{Type: order.HappenedMiniProgramOffline, AppVersion: version})
}

func (m *entity) happened(ctx workflow.Context, by change, event order.MiniProgramEvent) {
	event.Sequence, event.At = 1, workflow.Now(ctx).UTC()
	if len(m.Events) > 0 {
		event.Sequence = m.Events[len(m.Events)-1].Sequence + 1
	}
	event.ID = order.MiniProgramEventID(m.input.AppID, m.input.MiniAppID, event)
	event.Cause, event.Actor, event.Reason = by.cause, by.actor, by.reason
	m.Events = append(m.Events, event)
	if more := len(m.Events) - maxEvents; more > 0 {
		m.Events = m.Events[more:]
	}
}

// downText says what users saw last, and why they see it no more.
func (m *entity) downText() words.Text {
	version, since := m.Down.AppVersion, m.Down.Since
	switch m.Down.Cause {
	case order.DownByForce:
		return words.New("page.down_force", version, since)
	case order.DownByOthers:
		return words.New("page.down_others", version, since)
	case order.DownByCommand:
	}
	return words.New("page.down_command", version, since)
}

// sighted takes in what a Watch has seen, unless something has changed since: what an order puts online
// is the order's to say, and what a command changes the command's.
func (m *entity) sighted(ctx workflow.Context, sight activities.Sighting) {
	owner := m.reservedFor(order.Notification{AppVersion: sight.AppVersion, BundleID: m.client()})
	onItsWay := owner != nil && !owner.Ended && sight.AppVersion != ""
	older := m.Online != nil && sight.At.Before(m.Online.Since) || m.Down != nil && sight.At.Before(m.Down.Since)
	if m.commanding || onItsWay || older {
		return
	}
	m.saw(ctx, sight.OnlineAnswer, byOthers)
}

var changedKey = temporal.NewSearchAttributeKeyTime(order.AttributeChangedAt)

// showChange lets webhooks find a mini program of which there is something to tell.
func (m *entity) showChange(ctx workflow.Context) {
	if len(m.Events) == 0 {
		return
	}
	at := m.Events[len(m.Events)-1].At
	if shown, there := workflow.GetTypedSearchAttributes(ctx).GetTime(changedKey); there && shown.Equal(at) {
		return
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, changedKey.ValueSet(at)); err != nil {
		workflow.GetLogger(ctx).Error("webhooks could not be shown a change", "error", err)
	}
}

// showOnline keeps what the memo says of what is online up to date.
func (m *entity) showOnline(ctx workflow.Context) {
	known := order.OnlineKnown{AppVersion: m.lastSeen(), BundleID: m.client()}
	if m.Down != nil {
		known.Down = m.Down.Cause
	}
	if !m.watchable || known.AppVersion == "" || known == m.said {
		return
	}
	m.said = known
	if err := workflow.UpsertMemo(ctx, map[string]any{order.OnlineMemo: known}); err != nil {
		workflow.GetLogger(ctx).Error("what is online could not be shown to a watch", "error", err)
	}
}
