package miniprogram

// changePrompt names the change that let mini programs answer a claim at once, signal orders within
// a task, and show their token to calls. Runs that began under release 0.1 do none of it until they
// continue as new.
const changePrompt = "mini-programs-prompt"
