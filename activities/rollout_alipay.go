package activities

import (
	"context"
	"sync"

	"miniflow/alipay/gateway"
	"miniflow/rollout"
)

// pagesAtOnce is how many pages one activity asks for; each is a call of the app's budget. No question
// goes on for ever: lastPage is far more than a rollout takes.
const (
	pagesAtOnce = 10
	lastPage    = 1000
)

// FindMembers lists mini programs, some pages at a time: who runs each of the old versions, or else who
// was built from the template at all, and who of those runs the new version already. It changes
// nothing.
func (a *Alipay) FindMembers(ctx context.Context, call FindMembersCall) (MembersFound, error) {
	client, err := a.gateway(call.AppID)
	if err != nil {
		return MembersFound{}, err
	}
	found, cursor := MembersFound{}, call.Cursor
	for range pagesAtOnce {
		ids, err := membersPage(ctx, client, call, cursor)
		if err != nil {
			return MembersFound{}, unlisted(err)
		}
		if call.except(cursor.Question) {
			found.Except = append(found.Except, ids...)
		} else {
			found.IDs = append(found.IDs, ids...)
		}
		if cursor = next(cursor, ids); cursor.Question >= call.questions() {
			return found, nil
		}
	}
	found.Next = &cursor
	return found, nil
}

// unlisted is the error of a list. One that passes is tried again until there is an answer; any other
// is for a person.
func unlisted(err error) error {
	if said := refusal(err, "version"); FailureOf(said).Class != FailureUnknown && FailureOf(said).Class != FailureWait {
		return said
	}
	return err
}

// next is where a list goes on after a page.
func next(cursor rollout.Cursor, ids []string) rollout.Cursor {
	if len(ids) < gateway.TemplatePage || ids[0] == cursor.First || cursor.Page >= lastPage {
		return rollout.Cursor{Question: cursor.Question + 1, Page: 1}
	}
	return rollout.Cursor{Question: cursor.Question, Page: cursor.Page + 1, First: ids[0]}
}

// questions is how many lists there are: one for each old version, or the two of all instances.
func (c FindMembersCall) questions() int {
	if len(c.From) > 0 {
		return len(c.From)
	}
	return 2
}

// except reports whether a question is about those that run the new version.
func (c FindMembersCall) except(question int) bool { return len(c.From) == 0 && question == 1 }

func membersPage(ctx context.Context, client Gateway, call FindMembersCall, cursor rollout.Cursor) (ids []string, _ error) {
	if len(call.From) == 0 && cursor.Question == 0 {
		instances, err := client.TemplateInstances(ctx, call.Version.TemplateID, cursor.Page)
		for _, one := range instances {
			ids = append(ids, one.MiniAppID)
		}
		return ids, err
	}
	version := call.Version.TemplateVersion
	if len(call.From) > 0 {
		version = call.From[cursor.Question]
	}
	users, err := client.TemplateUsers(ctx, call.Version.TemplateID, version, call.Version.Bundle(), cursor.Page)
	for _, one := range users {
		ids = append(ids, one.MiniAppID)
	}
	return ids, err
}

// undoneAtOnce is how many are taken back at a time; the budget paces them.
const undoneAtOnce = 8

// RollBackVersions takes versions back, each by one call.
//
// Repeating it is harmless: a call names the version that is online, and one that is not any more is
// taken back already.
func (a *Alipay) RollBackVersions(ctx context.Context, call RollBackCall) (RolledBack, error) {
	codes, known := make([]string, len(call.Versions)), make([]bool, len(call.Versions))
	if a.Acts != nil && !a.Acts(call.AppID, "") {
		return RolledBack{Undone: undone(call, func(int) (string, bool) { return CodeObserving, true })}, nil
	}
	slots := make(chan struct{}, undoneAtOnce)
	var under sync.WaitGroup
	for i, one := range call.Versions {
		slots <- struct{}{}
		under.Go(func() {
			defer func() { <-slots }()
			codes[i], known[i] = a.rollBack(ctx, call, one)
		})
	}
	under.Wait()
	return RolledBack{Undone: undone(call, func(i int) (string, bool) { return codes[i], known[i] })}, ctx.Err()
}

func undone(call RollBackCall, became func(int) (code string, known bool)) (all []rollout.TakenBack) {
	for i, one := range call.Versions {
		if code, known := became(i); known {
			all = append(all, rollout.TakenBack{Index: one.Index, Code: code})
		}
	}
	return all
}

// rollBack takes one version back, and returns why it could not, or that nobody knows.
func (a *Alipay) rollBack(ctx context.Context, call RollBackCall, one OnlineOf) (code string, known bool) {
	err := a.takeDown(ctx, TakeDownCall{
		AppID: call.AppID, MiniAppID: one.MiniAppID, AppVersion: one.AppVersion, BundleID: call.BundleID,
	}, Gateway.Rollback)
	if err == nil {
		return "", true
	}
	failure := FailureOf(refusal(err, ""))
	return failure.Code, failure.Class != FailureUnknown
}
