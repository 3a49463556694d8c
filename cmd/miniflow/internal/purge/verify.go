package purge

import (
	"encoding/hex"
	"encoding/json"
	"errors"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/purging"
	"miniflow/cmd/internal/service"
	"miniflow/cmd/miniflow/internal/settings"
)

type verify struct {
	File   string `arg:"" help:"The record." type:"path" placeholder:"RECORD"`
	Config string `help:"The configuration file." short:"c" default:"miniflow.yaml" env:"MINIFLOW_CONFIG" placeholder:"FILE"`
}

// judged says what a record's signature is worth.
type judged struct {
	Good      bool           `json:"good"`
	Ours      bool           `json:"ours"`
	KeyID     string         `json:"key_id"`
	PublicKey string         `json:"public_key"`
	Record    purging.Record `json:"record"`
}

// Run judges the signature. One that is good under a key that the ring does not hold any more is good
// for whoever has noted the public key.
func (c *verify) Run(env *command.Env) error {
	cfg, err := settings.Load(c.Config, env)
	if err != nil {
		return err
	}
	places, err := service.OpenPlaces(cfg)
	if err != nil {
		return err
	}
	text, err := command.ReadFile(c.File)
	if err != nil {
		return err
	}
	var signed purging.Signed
	if err := json.Unmarshal(text, &signed); err != nil {
		return command.Usagef("%s is no record of a purge", c.File)
	}
	found := judged{Record: signed.Record}
	if signed.Signature != nil {
		found.KeyID, found.PublicKey = signed.Signature.KeyID, hex.EncodeToString(signed.Signature.PublicKey)
	}
	found.Good, found.Ours = signed.Verify(places.Ring)
	if err := env.Show(found, func(p *command.Page) {
		p.Item("orders", len(found.Record.Removed.Orders))
		p.Item("by", command.Clean(found.Record.By))
		p.Item("sealing key", command.Clean(found.KeyID))
		p.Item("public key", found.PublicKey)
	}); err != nil {
		return err
	}
	switch {
	case !found.Good:
		return errors.New("the record was altered, or was never signed")
	case !found.Ours:
		return errors.New("the record was not altered since it was signed, and its key is none of sealing.keys: compare the public key with the one that you have noted")
	}
	return nil
}
