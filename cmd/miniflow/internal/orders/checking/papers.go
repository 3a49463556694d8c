package checking

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"miniflow/alipay/gateway"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/service"
	"miniflow/cmd/miniflow/internal/orders/rows"
	"miniflow/order"
)

// wanted is what an order says of its categories and its papers.
type wanted struct {
	AppID      string     `json:"app_id"`
	Kind       order.Kind `json:"kind"`
	Submission struct {
		Categories string                     `json:"mini_category_ids"`
		Files      map[string]json.RawMessage `json:"files"`
	} `json:"submission"`
}

func (w wanted) categories() []string {
	if w.Submission.Categories == "" {
		return nil
	}
	return strings.Split(w.Submission.Categories, ";")
}

// askPapers asks Alipay which papers the orders' categories require, each category once and several
// in a call. It says which ones are missing (a release may leave out what the mini program has brought
// before, so there it is advice) and returns what each category requires, in the order of the rows.
func askPapers(ctx context.Context, prober *service.Prober, orders []rows.Order) ([]required, error) {
	codes, apps := map[string][]string{}, []string{}
	for _, o := range orders {
		w := wantedBy(o)
		if !slices.Contains(apps, w.AppID) {
			apps = append(apps, w.AppID)
		}
		for _, code := range w.categories() {
			if !slices.Contains(codes[w.AppID], code) {
				codes[w.AppID] = append(codes[w.AppID], code)
			}
		}
	}
	all := []required{}
	for _, app := range apps {
		known := map[string]gateway.CategoryPapers{}
		for some := range slices.Chunk(codes[app], gateway.MaxCategories) {
			found, err := prober.CategoryPapers(ctx, app, some...)
			if err != nil {
				return nil, command.Usagef("ask Alipay about categories: %w; leave --config out to check without it", err)
			}
			for _, one := range found {
				known[one.Code] = one
			}
		}
		for _, code := range codes[app] {
			if papers, there := known[code]; there {
				all = append(all, requiredBy(papers, app, orders))
			}
		}
		for i := range orders {
			compare(&orders[i], app, codes[app], known)
		}
	}
	return all, nil
}

// wantedBy is what an order says, and nothing where its categories were refused.
func wantedBy(o rows.Order) wanted {
	var w wanted
	if json.Unmarshal(o.Body, &w) != nil || slices.ContainsFunc(o.Problems, func(p rows.Problem) bool { return p.Field == categories }) {
		return wanted{}
	}
	return w
}

const categories = "submission.mini_category_ids"

// compare says what an order of an app lacks. A paper that two categories require is told once.
func compare(o *rows.Order, app string, asked []string, known map[string]gateway.CategoryPapers) {
	var w wanted
	if json.Unmarshal(o.Body, &w) != nil || w.AppID != app {
		return
	}
	told := map[string]bool{}
	tell := func(field, message string) {
		if told[field] {
			return
		}
		told[field] = true
		if w.Kind == order.KindRelease {
			o.Advice = append(o.Advice, o.At(field, message))
			return
		}
		o.Problems = append(o.Problems, o.At(field, message))
	}
	for _, code := range w.categories() {
		papers, there := known[code]
		switch {
		case !slices.Contains(asked, code): // it was refused
			continue
		case !there:
			tell(categories, "choose another category: Alipay knows no "+code)
			continue
		}
		message := fmt.Sprintf("add it: the category %s requires it", papers.Name)
		if papers.Requirements != "" {
			message = fmt.Sprintf("add it: the category %s requires it; Alipay says: %s", papers.Name, papers.Requirements)
		}
		for _, one := range papersOf(papers) {
			if _, given := w.Submission.Files[strings.TrimPrefix(one.Field, files)]; !given {
				tell(one.Field, message)
			}
		}
	}
}
