package management

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"miniflow/alipay/alipaysim/internal/problem"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/lifecycle"
)

// decideNow runs a management change: it answers from the same transaction, and a
// refusal rolls back what was done before it.
func (a *API) decideNow(fn func(*world.Tx) (any, error)) (body any, err error) {
	err = a.World.Change(func(t *world.Tx) {
		var refusal error
		if body, refusal = fn(t); refusal != nil {
			t.Fail(refusal)
		}
	})
	return body, err
}

// answerOrder is POST /sim/v1/orders/{order_no}/answer: the merchant answers
// now. status is a status of the order, or AGREED, REJECTED, TIMEOUT or FAILED
// for either kind.
func (a *API) answerOrder(r *http.Request) (any, error) {
	var in struct {
		Status string `json:"status"`
	}
	if err := readJSON(r, &in, false); err != nil {
		return nil, err
	}
	return a.decideNow(func(t *world.Tx) (any, error) {
		order := &world.Order{OrderNo: chi.URLParam(r, "order_no")}
		if !t.Load(order) {
			return nil, problem.Refuse(http.StatusNotFound, "there is no order %s; GET /sim/v1/state lists them", order.OrderNo)
		}
		to, known := lifecycle.Answered(order.Kind, in.Status)
		if !known {
			to = lifecycle.OrderStatus(in.Status)
		}
		return moveByHand(t, order, to)
	})
}

// moveByHand refuses with the statuses that are possible, so that nobody has to know
// the table.
func moveByHand(t *world.Tx, order *world.Order, to lifecycle.OrderStatus) (any, error) {
	from := order.Status
	if t.MoveOrder(order, to) {
		return orderView(order), nil
	}
	if len(from.Next()) == 0 {
		return nil, problem.Refuse(http.StatusConflict, "the order is %s, which is an end; create a new order", from)
	}
	return nil, problem.Refuse(http.StatusConflict, "the order is %s and can't become %q; use one of %q", from, string(to), from.Next())
}

// certifyMini is POST /sim/v1/mini-programs/{id}/certify: a trial app's certification
// moves now. No call of the gateway does that: it is between the merchant and Alipay.
func (a *API) certifyMini(r *http.Request) (any, error) {
	var in struct {
		Status lifecycle.OrderStatus `json:"status"`
	}
	if err := readJSON(r, &in, false); err != nil {
		return nil, err
	}
	return a.decideAbout(r, func(t *world.Tx, mini *world.Mini) (any, error) {
		order := &world.Order{OrderNo: mini.OrderNo}
		if !t.Load(order) || order.Kind != lifecycle.Trial {
			return nil, problem.Refuse(http.StatusConflict, "mini program %s is not from a trial order; only those are certified", mini.MiniAppID)
		}
		if !strings.HasPrefix(string(in.Status), "CERTIFY_") && in.Status != lifecycle.Cancelled {
			return nil, problem.Refuse(http.StatusUnprocessableEntity, "status is %q; use CERTIFY_OPERATOR, CERTIFY_MERCHANT, CERTIFY_SUCCESS, CERTIFY_FAILED or CANCELLED", in.Status)
		}
		return moveByHand(t, order, in.Status)
	})
}

// addMini is POST /sim/v1/mini-programs: a mini program the merchant had before,
// for work that starts with an authorisation.
func (a *API) addMini(r *http.Request) (any, error) {
	var in struct {
		AppID      string `json:"app_id"`
		MiniAppID  string `json:"mini_app_id"`
		AppName    string `json:"app_name"`
		OutOrderNo string `json:"out_order_no"`
		Authorized bool   `json:"authorized"`
	}
	if err := readJSON(r, &in, false); err != nil {
		return nil, err
	}
	if _, known := a.World.Apps.Get(in.AppID); !known {
		return nil, problem.Refuse(http.StatusUnprocessableEntity, "app_id %q is not configured; use one of GET /sim/v1/state's apps", in.AppID)
	}
	return a.decideNow(func(t *world.Tx) (any, error) {
		mini := &world.Mini{MiniAppID: cmp.Or(in.MiniAppID, t.NewMiniAppID())}
		if t.Load(mini) {
			return nil, problem.Refuse(http.StatusConflict, "mini program %s exists already; leave mini_app_id out to get a new one", mini.MiniAppID)
		}
		mini.AppID, mini.OutOrderNo, mini.PID, mini.CreatedAt = in.AppID, in.OutOrderNo, "2088"+t.Digits(12), t.Now
		mini.BaseInfo = map[string]string{"app_name": cmp.Or(in.AppName, fmt.Sprintf("小程序%s", mini.MiniAppID))}
		t.Save(mini)
		if in.Authorized {
			t.Authorize(mini, in.AppID)
		}
		return miniView(t, mini), nil
	})
}

// decideAbout is decideNow for a change to the mini program that the path names.
func (a *API) decideAbout(r *http.Request, fn func(*world.Tx, *world.Mini) (any, error)) (any, error) {
	return a.decideNow(func(t *world.Tx) (any, error) {
		mini, err := miniNamed(t, r)
		if err != nil {
			return nil, err
		}
		return fn(t, mini)
	})
}

// miniNamed returns the mini program that the path names.
func miniNamed(t *world.Tx, r *http.Request) (*world.Mini, error) {
	mini := &world.Mini{MiniAppID: chi.URLParam(r, "id")}
	if !t.Load(mini) {
		return nil, problem.Refuse(http.StatusNotFound, "there is no mini program %s; GET /sim/v1/state lists them", mini.MiniAppID)
	}
	return mini, nil
}
