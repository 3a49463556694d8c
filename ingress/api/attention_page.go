package api

import (
	"encoding/json"
	"strings"
	"time"

	"miniflow/attention"
)

// attentionPlace is the last item of a page: the next page begins behind it, whatever has come and
// gone meanwhile.
type attentionPlace struct {
	Kind  attention.Kind `json:"k"`
	Since time.Time      `json:"s"`
	AppID string         `json:"a"`
	ID    string         `json:"i"`
}

func (p attentionPlace) item() attention.Item {
	return attention.Item{Kind: p.Kind, Since: p.Since, AppID: p.AppID, ID: p.ID}
}

// filter is what a cursor belongs to.
func (input *attentionInput) filter(apps []string) string {
	return strings.Join(append([]string{"attention", input.Kind, input.AssignedTo, input.Snoozed, input.Sort}, apps...), "\x00")
}

// from reads the cursor; nil is the beginning.
func (input *attentionInput) from(apps []string) (*attentionPlace, error) {
	at, err := readCursor(input.Cursor, input.filter(apps))
	if err != nil || len(at.Token) == 0 {
		return nil, err
	}
	var place attentionPlace
	if json.Unmarshal(at.Token, &place) != nil {
		return nil, badCursor()
	}
	return &place, nil
}

func (input *attentionInput) order(one, other attention.Item) int {
	if input.Sort == "newest" {
		return attention.ByAge(one, other)
	}
	return attention.ByUrgency(one, other)
}

// page cuts one page out of all that is shown, and returns the cursor of the next.
func (input *attentionInput) page(shown []attentionItem, from *attentionPlace, apps []string) ([]attentionItem, string) {
	items := []attentionItem{}
	for _, item := range shown {
		switch {
		case input.Kind != "" && string(item.Kind) != input.Kind:
		case from != nil && input.order(item.Item, from.item()) <= 0:
		case len(items) == input.size():
			last := items[len(items)-1]
			token, err := json.Marshal(attentionPlace{last.Kind, last.Since, last.AppID, last.ID})
			if err != nil {
				return items, "" // texts and a time can always be marshalled
			}
			return items, cursor{Token: token}.write(input.filter(apps))
		default:
			items = append(items, item)
		}
	}
	return items, ""
}
