package rollouts

import (
	"fmt"
	"strings"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/rollout"
)

// state is a rollout's, marked where a person has to see to it.
func state(p *command.Page, view rollout.View) string {
	name := command.Pad(string(view.State), 12)
	switch view.State {
	case rollout.Halted:
		return p.Bad(name)
	case rollout.Paused:
		return p.Warn(name)
	case rollout.Done, rollout.RolledBack:
		return p.Good(name)
	case rollout.Listing, rollout.Going, rollout.RollingBack:
	}
	return name
}

const barWidth = 30

// bar says how far a rollout is, and how long it takes still as far as that can be said.
func bar(p *command.Page, view rollout.View) string {
	if view.Members == 0 {
		return p.Sayf("no members yet")
	}
	filled := view.Settled * barWidth / view.Members
	text := fmt.Sprintf("[%s%s] ", strings.Repeat("=", filled), strings.Repeat(" ", barWidth-filled)) +
		p.Sayf("%d of %d", view.Settled, view.Members)
	if left := time.Duration(view.LeftSeconds) * time.Second; left > 0 && moves(view) {
		text += p.Sayf(", about %s left", left)
	}
	return text
}

func printRollout(p *command.Page, view rollout.View) {
	p.Line("%s  %s  %s", state(p, view), command.Clean(view.AppID+"/"+view.ID), bar(p, view))
	if view.Execution != "" && view.Execution != "running" {
		p.Item("execution", view.Execution)
	}
	p.Item("since", view.Since.Local().Format(time.DateTime))
	p.Item("why", view.Why)
	p.Item("template", p.Sayf("%s to version %s", view.TemplateID, view.TemplateVersion))
	p.Item("wave", p.Sayf("%d of %d", view.Wave, view.Waves))
	if view.NextWaveAt != nil {
		p.Item("next wave", view.NextWaveAt.Local().Format(time.DateTime))
	}
	for _, where := range rollout.Wheres() {
		if count := view.Counts[where.Name()]; count > 0 {
			p.Item(where.Name(), count)
		}
	}
	if view.LeftOut > 0 {
		p.Item("left out", p.Sayf("%d mini programs: another rollout takes them", view.LeftOut))
	}
	for _, one := range view.Exceptions {
		printMember(p, one)
	}
}

// printMember says where a member stands, why, and what is best done about it.
func printMember(p *command.Page, one rollout.MemberView) {
	text := strings.Join(strings.Fields(fmt.Sprintf("%-11s %s %s %s", one.Where, one.MiniAppID, one.Version, one.Code)), " ")
	p.Line("  %s", command.Clean(text))
	if !one.NextAct.IsZero() {
		p.Line("    %s", p.Faint(p.Say(one.NextAct)))
	}
}
