package trigger

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
)

// Attempt is one delivery that the simulator made. It has the simulator's own members, so that
// a line here can be found there.
type Attempt struct {
	Seq      uint64 `json:"seq"`
	NotifyID string `json:"notify_id"`
	AppID    string `json:"app_id"`
	Message  string `json:"message"`
	Attempt  int    `json:"attempt"`
	Channel  string `json:"channel"`
	Status   int    `json:"status"` // 0 over the long connection
	Body     string `json:"body"`
	Latency  string `json:"latency"`
	Success  bool   `json:"success"`
	Error    string `json:"error"`
}

// play shows each answer as it comes, because a receiver that hangs is seen by the answer that
// is missing.
func (c *Command) play(ctx context.Context, sim *remote.API, pushes []push, env *command.Env) error {
	after, err := lastAttempt(ctx, sim)
	if err != nil {
		return err
	}
	if err := env.ShowText(func(p *command.Page) {
		p.Line("out_order_no %s · order_no %s · mini_app_id %s", c.OutOrderNo, c.OrderNo, c.MiniAppID)
	}); err != nil {
		return err
	}
	// Answers are read once everything is sent, so that --delay and --shuffle decide alone what
	// overtakes what.
	open := map[string]int{} // how many answers are awaited, by notify_id
	for i, one := range pushes {
		if i > 0 && c.Delay > 0 {
			if err := remote.Pause(ctx, c.Delay); err != nil {
				return err
			}
		}
		if _, err := sim.Call(ctx, http.MethodPost, "/sim/v1/messages", one); err != nil {
			return err
		}
		// Counted once it was accepted: a message that was refused gets no answer.
		open[one.NotifyID]++
	}
	// A receiver that is down gets eight tries within a day. Nobody waits for those here.
	waiting, cancel := context.WithTimeout(ctx, c.Wait)
	defer cancel()
	return follow(waiting, sim, after, open, env)
}

// lastAttempt is the number of the newest delivery. Answers are looked for behind it, so that
// those of an earlier run are not taken for this one's.
func lastAttempt(ctx context.Context, sim *remote.API) (uint64, error) {
	made, err := attemptsAfter(ctx, sim, 0)
	if err != nil || len(made) == 0 {
		return 0, err
	}
	return made[len(made)-1].Seq, nil
}

// after is a number and no time: of two deliveries at one moment a time would miss one.
func attemptsAfter(ctx context.Context, sim *remote.API, after uint64) ([]Attempt, error) {
	var records struct {
		Deliveries []Attempt `json:"deliveries"`
	}
	err := sim.Ask(ctx, http.MethodGet, "/sim/v1/deliveries?after="+strconv.FormatUint(after, 10), nil, &records)
	return records.Deliveries, err
}

// follow shows answers until every message has one. A copy is delivered under the notify_id of
// its original, so answers are counted and not only ticked off.
func follow(ctx context.Context, sim *remote.API, after uint64, open map[string]int, env *command.Env) error {
	ticker := time.NewTicker(100 * time.Millisecond) // an answer is shown while a person still looks for it
	defer ticker.Stop()
	failed := 0
	for len(open) > 0 {
		// The context is looked at first: an answer that was cut off by it is no error of the simulator.
		made, err := attemptsAfter(ctx, sim, after)
		if ctx.Err() != nil {
			return fmt.Errorf("%d messages have no answer yet; the simulator goes on trying (GET /sim/v1/deliveries)", len(open))
		}
		if err != nil {
			return err
		}
		for _, one := range made {
			after = one.Seq
			if open[one.NotifyID] == 0 {
				continue // another one's message, or a retry
			}
			if open[one.NotifyID]--; open[one.NotifyID] == 0 {
				delete(open, one.NotifyID)
			}
			if !one.Success {
				failed++
			}
			if err := env.ShowLine(one, one.print); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d deliveries were not answered with success; they will be repeated", failed)
	}
	return nil
}

// print writes a delivery on a line. The answer is a receiver's: anything may be in it.
func (v Attempt) print(p *command.Page) {
	mark, answer := p.Good("✓"), v.Body
	if v.Status != 0 {
		answer = fmt.Sprintf("%d %s", v.Status, v.Body)
	}
	if !v.Success {
		mark = p.Bad("✗")
	}
	if v.Error != "" {
		answer = v.Error
	}
	p.Line("%s %-52s %s  %s", mark, command.Clean(v.Message), command.Clean(answer), p.Faint(v.Latency+"  "+command.Clean(v.NotifyID)))
}
