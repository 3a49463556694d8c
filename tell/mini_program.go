package tell

import (
	"strings"
	"time"

	"miniflow/order"
)

// A mini program stands in a book, and in what is waiting or dead, by a name that no order can have.
const ofMiniProgram = "mini-program/"

// MiniProgramKey is the name of a mini program in a book.
func MiniProgramKey(miniAppID string) string { return ofMiniProgram + miniAppID }

// MiniProgramOf returns the mini program that a name in a book means, where it means one.
func MiniProgramOf(key string) (miniAppID string, is bool) {
	return strings.CutPrefix(key, ofMiniProgram)
}

// MiniProgramMessage is the body of a post about a mini program, in the layout of a [Message].
type MiniProgramMessage struct {
	Type      string          `json:"type" doc:"The type of the last event." example:"mini_program.offline"`
	Timestamp time.Time       `json:"timestamp" doc:"When that happened." example:"2026-11-20T08:00:00Z"`
	Data      MiniProgramData `json:"data" doc:"The events, and the mini program."`
}

// MiniProgramData is what such a message is about.
type MiniProgramData struct {
	AppID     string `json:"app_id" doc:"The third-party application." example:"2021000000000000"`
	MiniAppID string `json:"mini_app_id" doc:"The mini program." example:"2021999999999999"`
	order.ToldMiniProgram
}

// NewMiniProgramMessage puts a mini program's events into a message and returns its id, the last event's.
func NewMiniProgramMessage(told order.ToldMiniProgram) (id string, message MiniProgramMessage) {
	last := told.Events[len(told.Events)-1]
	told.MiniProgram.Execution = order.ExecutionRunning
	return last.ID, MiniProgramMessage{
		Type: last.Type, Timestamp: last.At,
		Data: MiniProgramData{AppID: told.MiniProgram.AppID, MiniAppID: told.MiniProgram.MiniAppID, ToldMiniProgram: told},
	}
}
