package checking

import (
	"context"
	"encoding/json"

	"miniflow/alipay/gateway/rules"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/service"
	"miniflow/cmd/miniflow/internal/orders/rows"
)

// askNames asks Alipay whether each mini program that is to be created may have its name, each
// name once. A name that breaks a rule is not asked about, because that is known.
func askNames(ctx context.Context, prober *service.Prober, orders []rows.Order) error {
	type name struct{ app, text string }
	answers := map[name]string{}
	for i := range orders {
		var body struct {
			AppID  string `json:"app_id"`
			Create struct {
				Name string `json:"app_name"`
			} `json:"create"`
		}
		// A name that is no text was refused already.
		if json.Unmarshal(orders[i].Body, &body) != nil || len(rules.CheckName(body.Create.Name)) > 0 {
			continue
		}
		asked := name{body.AppID, body.Create.Name}
		message, known := answers[asked]
		if !known {
			answer, err := prober.CheckName(ctx, asked.app, asked.text)
			if err != nil {
				return command.Usagef("ask Alipay about a name: %w; leave --config out to check without it", err)
			}
			if !answer.Usable() {
				message = "choose another name: Alipay answers " + answer.Code
				if answer.Memo != "" {
					message += " (" + answer.Memo + ")"
				}
			}
			answers[asked] = message
		}
		if message != "" {
			orders[i].Problems = append(orders[i].Problems, orders[i].At("create.app_name", message))
		}
	}
	return nil
}
