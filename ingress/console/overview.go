package console

import (
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"miniflow/ingress/console/diagram"
	"miniflow/order"
)

// overviewPage is everything at a glance.
type overviewPage struct {
	AppID string
	Apps  []string
	Wide  template.HTML
	Tall  template.HTML
	Holds []holdCount
	Ended []stageCount
	// Tiles answer what is asked most.
	Tiles []tile
	// Attention is how many things need a person.
	Attention int
	Glance    glance
	Plot      plot
}

// holdCount is how many orders a hold keeps, and for how long.
type holdCount struct {
	Hold  order.HoldKind
	Count int64
	Since *time.Time
}

type stageCount struct {
	Stage order.Stage
	Count int64
}

// glance is what GET /v1/overview says.
type glance struct {
	At     time.Time `json:"at"`
	Stages []struct {
		Stage order.Stage `json:"stage"`
		waiting
	} `json:"stages"`
	Holds []struct {
		Hold order.HoldKind `json:"hold"`
		waiting
	} `json:"holds"`
	EndedToday map[order.Stage]int64 `json:"ended_today"`
	Funnel     []funnelStep          `json:"funnel"`
	Days       []day                 `json:"days"`
	Audits     struct {
		Audits int   `json:"audits"`
		Median int64 `json:"p50_seconds"`
		P90    int64 `json:"p90_seconds"`
	} `json:"audits"`
	Rejections []rejections `json:"rejections"`
	Sample     int          `json:"sample"`
}

type waiting struct {
	Count       int64      `json:"count"`
	OldestSince *time.Time `json:"oldest_since"`
	OutOrderNo  string     `json:"oldest_out_order_no"`
	AppID       string     `json:"oldest_app_id"`
}

type funnelStep struct {
	Step   string `json:"step"`
	Orders int64  `json:"orders"`
}

type day struct {
	Day      string `json:"day"`
	Begun    int64  `json:"begun"`
	Online   int64  `json:"online"`
	Rejected int64  `json:"rejected"`
}

type rejections struct {
	TemplateID string `json:"template_id"`
	Audits     int    `json:"audits"`
	Rejected   int    `json:"rejected"`
	Reasons    []struct {
		Reason string `json:"reason"`
		Count  int    `json:"count"`
	} `json:"reasons"`
}

func (c *Console) overview(w http.ResponseWriter, r *http.Request) {
	asked, page := url.Values{}, overviewPage{AppID: r.URL.Query().Get("app_id"), Apps: c.config.Apps}
	if page.AppID != "" {
		asked.Set("app_id", page.AppID)
	}
	var now struct {
		ByStage map[order.Stage]int64    `json:"by_stage"`
		ByHold  map[order.HoldKind]int64 `json:"by_hold"`
	}
	err := together(
		func() error { return c.read(r, "/v1/overview", asked, &page.Glance) },
		// The overview may be minutes old; these counts are what moves while somebody looks.
		func() error { return c.read(r, "/v1/stats", asked, &now) },
		func() error { page.Attention = c.attentionCount(r, asked); return nil },
	)
	if err == nil {
		err = page.draw(c.wording(r), now.ByStage)
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	for _, one := range page.Glance.Holds {
		if count := now.ByHold[one.Hold]; count > 0 {
			page.Holds = append(page.Holds, holdCount{one.Hold, count, one.OldestSince})
		}
	}
	for _, stage := range order.Stages() {
		if stage.Ended() {
			page.Ended = append(page.Ended, stageCount{stage, page.Glance.EndedToday[stage]})
		}
	}
	page.Plot, page.Tiles = plotOf(page.Glance.Days), page.tiles(now.ByStage)
	c.show(w, r, http.StatusOK, view{Name: "overview", Live: 10, Page: &page})
}

// draw makes the diagram, for a wide page and for a phone. Ends show what has ended today.
func (p *overviewPage) draw(w wording, live map[order.Stage]int64) error {
	cells := map[order.Stage]diagram.Cell{}
	for _, one := range p.Glance.Stages {
		cell := diagram.Cell{Count: live[one.Stage], Href: filter(to("orders"), "stage", string(one.Stage), "app_id", p.AppID)}
		if one.Stage.Ended() {
			cell.Count = p.Glance.EndedToday[one.Stage]
		} else if one.OldestSince != nil && cell.Count > 0 {
			cell.Oldest = w.ago(one.OldestSince)
		}
		cells[one.Stage] = cell
	}
	for _, drawing := range []struct {
		into   *template.HTML
		narrow bool
	}{{&p.Wide, false}, {&p.Tall, true}} {
		var b strings.Builder
		if err := diagram.SVG(&b, diagram.Options{Language: w.language, Counts: cells, Narrow: drawing.narrow}); err != nil {
			return err
		}
		*drawing.into = template.HTML(b.String()) //nolint:gosec // package diagram escapes what it is given
	}
	return nil
}

// attentionCount is how many things need a person; 0 where that can't be read, since the page is about
// more.
func (c *Console) attentionCount(r *http.Request, asked url.Values) int {
	var found struct {
		Counts map[string]int `json:"counts"`
	}
	query := url.Values{"limit": {"1"}}
	if app := asked.Get("app_id"); app != "" {
		query.Set("app_id", app)
	}
	if err := c.read(r, "/v1/attention", query, &found); err != nil {
		return 0
	}
	total := 0
	for _, count := range found.Counts {
		total += count
	}
	return total
}
