package diagram_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"miniflow/ingress/console/diagram"
	"miniflow/order"
	"miniflow/words"
)

func drawn(t *testing.T, options diagram.Options) string {
	t.Helper()
	var b strings.Builder
	if err := diagram.SVG(&b, options); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// group is the part of the drawing that is one stage's: its arrows and its box.
func group(t *testing.T, text string, stage order.Stage) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.Contains(line, `href="/orders?stage=`+string(stage)+`"`) {
			return line
		}
	}
	t.Fatalf("%s is not drawn", stage)
	return ""
}

func counts() map[order.Stage]diagram.Cell {
	all := map[order.Stage]diagram.Cell{}
	for i, stage := range order.Stages() {
		all[stage] = diagram.Cell{Count: int64(i), Href: "/orders?stage=" + string(stage)}
	}
	return all
}

// TestEveryMoveIsAnArrow: a stage has as many arrows as stages that it can go to, but for the two ends
// that are told in the note.
func TestEveryMoveIsAnArrow(t *testing.T) {
	for _, narrow := range []bool{false, true} {
		text := drawn(t, diagram.Options{Counts: counts(), Narrow: narrow})
		for _, stage := range order.Stages() {
			leads := map[order.Stage]bool{}
			for _, move := range order.Moves() {
				if move.From == stage && (stage == order.StageCreating || move.On != order.EventCancelled && move.On != order.EventCreationFailed) {
					leads[move.To] = true
				}
			}
			if got := strings.Count(group(t, text, stage), "marker-end="); got != len(leads) {
				t.Errorf("%d arrows leave %s, want %d (narrow: %t)", got, stage, len(leads), narrow)
			}
		}
		if !strings.Contains(text, "Every stage before an end can also go to Cancelled or Creation failed.") && !narrow {
			t.Error("the note is missing")
		}
	}
}

var boxAt = regexp.MustCompile(`<rect class="stages-box" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"`)

// TestEveryStageHasItsOwnPlace: one that is added stands on another's until it is given one.
func TestEveryStageHasItsOwnPlace(t *testing.T) {
	for _, narrow := range []bool{false, true} {
		text := drawn(t, diagram.Options{Counts: counts(), Narrow: narrow})
		var width, height float64
		if _, err := fmt.Sscanf(text[strings.Index(text, `viewBox="`):], `viewBox="0 0 %f %f"`, &width, &height); err != nil {
			t.Fatal(err)
		}
		var corners [][4]float64
		for _, found := range boxAt.FindAllStringSubmatch(text, -1) {
			var box [4]float64
			for i := range box {
				box[i], _ = strconv.ParseFloat(found[i+1], 64)
			}
			if box[0]+box[2] > width || box[1]+box[3] > height {
				t.Errorf("a box leaves the drawing: %v", box)
			}
			if slices.ContainsFunc(corners, func(other [4]float64) bool {
				return box[0] < other[0]+other[2] && other[0] < box[0]+box[2] && box[1] < other[1]+other[3] && other[1] < box[1]+box[3]
			}) {
				t.Errorf("two boxes overlap at %v", box)
			}
			corners = append(corners, box)
		}
		if len(corners) != len(order.Stages()) {
			t.Errorf("%d boxes, want %d", len(corners), len(order.Stages()))
		}
	}
}

// TestNothingInItIsRefusedByAStrictPage: it is well-formed, has neither style nor script, and what
// comes from elsewhere is text.
func TestNothingInItIsRefusedByAStrictPage(t *testing.T) {
	cells := counts()
	cells[order.StageAuditing] = diagram.Cell{Count: 3, Oldest: `<script>"&'`, Href: `/orders?a=1&b="><script>`}
	for _, language := range words.Languages() {
		text := drawn(t, diagram.Options{Language: language, Counts: cells})
		for decoder := xml.NewDecoder(strings.NewReader(text)); ; {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v in %s", err, text)
			}
			element, begins := token.(xml.StartElement)
			if begins && (element.Name.Local == "script" || element.Name.Local == "style") {
				t.Errorf("it has an element %s", element.Name.Local)
			}
			for _, attribute := range element.Attr {
				if name := attribute.Name.Local; begins && (name == "style" || strings.HasPrefix(name, "on")) {
					t.Errorf("%s has the attribute %s", element.Name.Local, name)
				}
			}
		}
	}
}

// TestItIsReadAloud: each stage says its name, how many and how long, in the reader's language.
func TestItIsReadAloud(t *testing.T) {
	cells := counts()
	cells[order.StageAuditing] = diagram.Cell{Count: 3, Oldest: "2 天", Href: "/x"}
	delete(cells, order.StageOnline)
	chinese := drawn(t, diagram.Options{Language: words.Chinese, Counts: cells})
	for _, want := range []string{
		`<a href="/x" aria-description="审核中：3 个订单，最久 2 天">`, `aria-description="审核驳回：7 个订单"`, `<g role="img" aria-label="已上架：0 个订单">`,
		`lang="zh-CN"`, `role="group" aria-labelledby="stages-wide-title stages-wide-about"`, "各阶段的订单</title>",
	} {
		if !strings.Contains(chinese, want) {
			t.Errorf("%s is missing in %s", want, chinese)
		}
	}
	wide, narrow := drawn(t, diagram.Options{}), drawn(t, diagram.Options{Narrow: true})
	for _, id := range regexp.MustCompile(` id="[^"]+"`).FindAllString(wide, -1) {
		if strings.Contains(narrow, id) {
			t.Errorf("the wide and the narrow drawing both have%s", id)
		}
	}
	for _, class := range regexp.MustCompile(`stages-[a-z]+`).FindAllString(diagram.CSS, -1) {
		if !strings.Contains(wide+narrow+chinese, class) {
			t.Errorf("%s has a style and is drawn nowhere", class)
		}
	}
}
