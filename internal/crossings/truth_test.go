package crossings

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"miniflow/alipay/alipaysim"
)

// manage makes a call of the simulator's management API.
func (p *platform) manage(method, path string, body any, into any) error {
	written, err := json.Marshal(body)
	if err != nil {
		return err
	}
	var reader io.Reader = bytes.NewReader(written)
	if body == nil {
		reader = http.NoBody
	}
	request := httptest.NewRequestWithContext(context.Background(), method, "/sim/v1/"+path, reader)
	recorder := httptest.NewRecorder()
	p.sim.Handler().ServeHTTP(recorder, request)
	p.arm()
	if recorder.Code >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %d %s", method, path, recorder.Code, recorder.Body)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(recorder.Body.Bytes(), into)
}

// truth is Alipay's state, as GET /sim/v1/state returns it.
type truth struct {
	Orders []truthOrder `json:"orders"`
	Minis  []truthMini  `json:"mini_programs"`
}

type truthOrder struct {
	OrderNo    string `json:"order_no"`
	OutOrderNo string `json:"out_order_no"`
	Status     string `json:"status"`
	MiniAppID  string `json:"mini_app_id"`
}

type truthMini struct {
	MiniAppID     string `json:"mini_app_id"`
	OutOrderNo    string `json:"out_order_no"`
	Authorization *struct {
		State string `json:"state"`
	} `json:"authorization"`
	Versions []truthVersion `json:"versions"`
}

type truthVersion struct {
	AppVersion string `json:"app_version"`
	BundleID   string `json:"bundle_id"`
	Phase      string `json:"phase"`
	Attempts   int    `json:"attempts"`
}

func (p *platform) truth() truth {
	var all truth
	if err := p.manage(http.MethodGet, "state", nil, &all); err != nil {
		p.e.broken = append(p.e.broken, err.Error())
	}
	return all
}

// order returns the order of creation, nil while Alipay knows none.
func (t truth) order() *truthOrder {
	for i := range t.Orders {
		if t.Orders[i].OutOrderNo == outNo {
			return &t.Orders[i]
		}
	}
	return nil
}

// mini returns the mini program of the life, nil before it exists.
func (t truth) mini() *truthMini {
	for i := range t.Minis {
		if t.Minis[i].OutOrderNo == outNo || t.Minis[i].MiniAppID == existing {
			return &t.Minis[i]
		}
	}
	return nil
}

func (m *truthMini) authorized() bool {
	return m != nil && m.Authorization != nil && m.Authorization.State == "valid"
}

func (m *truthMini) version(number string) *truthVersion {
	if m == nil {
		return nil
	}
	for i := range m.Versions {
		if m.Versions[i].AppVersion == number {
			return &m.Versions[i]
		}
	}
	return nil
}

// log returns Alipay's record of all calls: Miniflow's, and the console's.
func (p *platform) log() (ours, others []alipaysim.Call) {
	var view struct {
		Calls []alipaysim.Call `json:"calls"`
	}
	if err := p.manage(http.MethodGet, "calls", nil, &view); err != nil {
		p.e.broken = append(p.e.broken, err.Error())
	}
	for _, call := range view.Calls {
		if p.byConsole[call.TraceID] {
			others = append(others, call)
		} else {
			ours = append(ours, call)
		}
	}
	return ours, others
}

// token returns the mini program's newest token, valid or not.
func (p *platform) token(mini string) (token string, at time.Time) {
	var view struct {
		Token    string `json:"app_auth_token"`
		AuthTime int64  `json:"auth_time"`
	}
	if err := p.manage(http.MethodGet, "mini-programs/"+mini+"/token", nil, &view); err != nil {
		return "", time.Time{}
	}
	return view.Token, time.UnixMilli(view.AuthTime)
}
