package config

import (
	"time"

	"miniflow/order"
	"miniflow/words"
)

// Fill sets the defaults of every app. [Load] has done it; a program that makes its own
// Config from [Defaults] calls it before [Config.Validate], because apps have no defaults of
// their own there.
func (c *Config) Fill() {
	for i := range c.Apps {
		c.Apps[i].fill()
	}
	c.Console.fill()
}

func (a *App) fill() {
	if a.Mode == "" {
		a.Mode = order.ModeActive
	}
	if a.Channel == "" {
		a.Channel = ChannelHTTP
	}
	if a.Language == "" {
		a.Language = words.English
	}
	if a.ChannelCharset == "" {
		a.ChannelCharset = CharsetUTF8
	}
	if a.SDKVersion == "" {
		a.SDKVersion = "miniflow"
	}
	if a.Webhook.URL != "" && a.Webhook.PostsPerSecond == 0 {
		a.Webhook.PostsPerSecond = 20
	}
	for i := range a.Robots {
		if a.Robots[i].Digest == 0 {
			a.Robots[i].Digest = order.Duration(10 * time.Minute)
		}
	}
	if a.Forward.URL != "" {
		if a.Forward.Format == "" {
			a.Forward.Format = "event"
		}
		if a.Forward.Scope == "" {
			a.Forward.Scope = "unrouted"
		}
	}
}
