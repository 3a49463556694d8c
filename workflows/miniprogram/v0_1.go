package miniprogram

import "go.temporal.io/sdk/workflow"

// changePrompt names the change that let mini programs answer a claim at once, signal orders within
// a task, and show their token to calls. Runs that began under release 0.1 do none of it until they
// continue as new.
const changePrompt = "mini-programs-prompt"

// changeTrouble names the change that let lists find a mini program that needs a person. A run that began
// before shows nothing of it until it continues as new. Its second version shows to a Watch what is online.
const changeTrouble = "mini-programs-trouble"

// learn finds out what this run can do.
func (m *entity) learn(ctx workflow.Context) {
	m.prompt = workflow.GetVersion(ctx, changePrompt, workflow.DefaultVersion, 1) >= 1
	troubles := workflow.GetVersion(ctx, changeTrouble, workflow.DefaultVersion, 2)
	m.troubled, m.watchable = troubles >= 1, troubles >= 2
}
