package wire

// FilesURL is where links of answers lead: no stored state and no answer holds
// the simulator's own address, which is another one after a restart.
const FilesURL = "https://simulator.invalid/sim/v1/files/"
