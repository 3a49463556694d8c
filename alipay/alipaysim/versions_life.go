package alipaysim

// Phase is where a version stands: the platform's version status, finer before
// development begins.
type Phase string

// Phases of a version. The first five have no version status of their own.
const (
	Absent        Phase = ""
	Building      Phase = "BUILDING"
	BuildFailed   Phase = "BUILD_FAILED"
	BuildTimedOut Phase = "BUILD_TIMED_OUT"
	Scanning      Phase = "SCANNING"    // INIT, scan_result NAN
	ScanFailed    Phase = "SCAN_FAILED" // INIT, scan_result False
	Init          Phase = "INIT"        // in development, scan passed
	Auditing      Phase = "AUDITING"
	AuditReject   Phase = "AUDIT_REJECT"
	BaseAuditPass Phase = "BASE_AUDIT_PASS" // admitted, not promotable
	WaitRelease   Phase = "WAIT_RELEASE"    // passed
	Release       Phase = "RELEASE"         // online
	Offline       Phase = "OFFLINE"
	AuditOffline  Phase = "AUDIT_OFFLINE" // taken down by force
)

// Phases lists every phase a version can be in.
func Phases() []Phase {
	return []Phase{Absent, Building, BuildFailed, BuildTimedOut, Scanning, ScanFailed, Init, Auditing,
		AuditReject, BaseAuditPass, WaitRelease, Release, Offline, AuditOffline}
}

// status is the version status on the wire, empty before the version exists.
func (p Phase) status() string {
	switch p {
	case Absent, Building, BuildFailed, BuildTimedOut:
		return ""
	case Scanning, ScanFailed:
		return string(Init)
	default:
		return string(p)
	}
}

// inPipeline tells whether the version blocks every other submission of its
// mini program.
func (p Phase) inPipeline() bool {
	return p == Auditing || p == AuditReject || p == BaseAuditPass || p == WaitRelease
}

// inDevelopment tells whether the version counts against the twenty allowed.
func (p Phase) inDevelopment() bool {
	return p == Building || p == Scanning || p == ScanFailed || p == Init
}

// step is what may move a version: a call by its method, or an event.
type step string

// Calls that move a version, or need it to be somewhere.
const (
	stepUpload     step = "alipay.open.mini.version.upload"
	stepBuildQuery step = "alipay.open.mini.version.build.query"
	stepDetail     step = "alipay.open.mini.version.detail.query"
	stepApply      step = "alipay.open.mini.version.audit.apply"
	stepCancel     step = "alipay.open.mini.version.audit.cancel"
	stepTakeBack   step = "alipay.open.mini.version.audited.cancel"
	stepOnline     step = "alipay.open.mini.version.online"
	stepDelete     step = "alipay.open.mini.version.delete"
	stepOffline    step = "alipay.open.mini.version.offline"
	stepRollback   step = "alipay.open.mini.version.rollback"
)

// Events that move a version.
const (
	stepBuilt      step = "build ok"
	stepBuildFail  step = "build fail"
	stepBuildOver  step = "build timeout"
	stepScanPass   step = "scan pass"
	stepScanFail   step = "scan fail"
	stepPass       step = "audit pass"
	stepBasePass   step = "audit base_pass"
	stepReject     step = "audit reject"
	stepSupersede  step = "superseded"
	stepRestore    step = "restored"
	stepTakenDown  step = "taken down"
	stepAutoOnline step = "auto online"
)

// moves is the whole life of a version: where each step leads from each phase.
// A phase that a step does not name refuses it with the step's code. A query
// leads nowhere: its row says where it has an answer. Read only.
var moves = map[step]map[Phase]Phase{
	stepUpload:     {Absent: Building},
	stepBuildQuery: stay(Building, BuildFailed, BuildTimedOut, Scanning, ScanFailed, Init, Auditing, AuditReject, BaseAuditPass, WaitRelease, Release, Offline, AuditOffline),
	stepDetail:     stay(Scanning, ScanFailed, Init, Auditing, AuditReject, BaseAuditPass, WaitRelease, Release, Offline, AuditOffline),
	stepApply:      {Init: Auditing},
	stepCancel:     {Auditing: Init},
	stepTakeBack:   {AuditReject: Init, BaseAuditPass: Init, WaitRelease: Init},
	stepOnline:     {BaseAuditPass: Release, WaitRelease: Release},
	stepDelete:     {Init: Absent, ScanFailed: Absent},
	stepOffline:    {Release: Offline},
	stepRollback:   {Release: Offline},
	stepBuilt:      {Building: Scanning},
	stepBuildFail:  {Building: BuildFailed},
	stepBuildOver:  {Building: BuildTimedOut},
	stepScanPass:   {Scanning: Init},
	stepScanFail:   {Scanning: ScanFailed},
	stepPass:       {Auditing: WaitRelease},
	stepBasePass:   {Auditing: BaseAuditPass},
	stepReject:     {Auditing: AuditReject},
	stepSupersede:  {Release: Offline},
	stepRestore:    {Offline: Release},
	stepTakenDown:  {Release: AuditOffline},
	stepAutoOnline: {WaitRelease: Release},
}

// refusals are the codes of the calls, by phase; the Absent row also stands for
// a version number never heard of. "*" is every other phase. Read only.
var refusals = map[step]map[Phase]string{
	stepUpload:     {"*": "VERSION_HAS_EXISTED"},
	stepBuildQuery: {Absent: "BUILD_VERSION_NOT_EXISTED"},
	stepDetail:     {"*": "MINIAPP_VERSION_NOT_EXSIT"},
	stepApply: {
		Absent:   "MINIAPP_VERSION_NOT_EXSIT",
		Building: "MINI_APP_PACKAGE_INFO_NOT_EXIST", BuildFailed: "MINI_APP_PACKAGE_INFO_NOT_EXIST", BuildTimedOut: "MINI_APP_PACKAGE_INFO_NOT_EXIST",
		Scanning: "CAN_NOT_SUBMIT_WITHOUT_SCAN_PASS", ScanFailed: "CAN_NOT_SUBMIT_WITHOUT_SCAN_PASS",
		Auditing: "SUBMIT_REPEAT", "*": "CAN_NOT_SUBMIT_WITHOUT_INIT",
	},
	stepCancel:   {Absent: "AUDITING_VERSION_NOT_EXIST", "*": "INVALID_VERSION_STATUS"},
	stepTakeBack: {Absent: "MINIAPP_VERSION_NOT_EXSIT", "*": "CAN_NOT_BACK_DEV_WITHOUT_AUDIT"},
	stepOnline: {
		Absent: "MINIAPP_VERSION_NOT_EXSIT", Building: "MINI_APP_PACKAGE_INFO_NOT_EXIST",
		BuildFailed: "MINI_APP_PACKAGE_INFO_NOT_EXIST", BuildTimedOut: "MINI_APP_PACKAGE_INFO_NOT_EXIST",
		Scanning: "CAN_NOT_ONLINE_WITHOUT_AUDIT", ScanFailed: "CAN_NOT_ONLINE_WITHOUT_AUDIT", Init: "CAN_NOT_ONLINE_WITHOUT_AUDIT",
		Auditing: "CAN_NOT_ONLINE_WITHOUT_AUDIT", AuditReject: "CAN_NOT_ONLINE_WITHOUT_AUDIT",
		"*": "CAN_NOT_ONLINE_NOT_GRAY_OR_WAITRELEASE",
	},
	stepDelete:   {Absent: "MINIAPP_VERSION_NOT_EXSIT", Scanning: "CAN_NOT_DELETE_WITH_SCANNING", "*": "CAN_NOT_DELETE_WITHOUT_DEV"},
	stepOffline:  {Absent: "MINIAPP_VERSION_NOT_EXSIT", "*": "CAN_NOT_OFFLINE_WITHOUT_ONLINE"},
	stepRollback: {Absent: "MINIAPP_VERSION_NOT_EXSIT", "*": "CAN_NOT_ROLLBACK_WITHOUT_ONLINE"},
}

func stay(phases ...Phase) map[Phase]Phase {
	same := make(map[Phase]Phase, len(phases))
	for _, phase := range phases {
		same[phase] = phase
	}
	return same
}

// move returns where the step leads from the phase, or false and the code it is
// refused with; an event that does not fit has no code and is simply stale.
func (p Phase) move(by step) (to Phase, refusal string, ok bool) {
	if to, ok = moves[by][p]; ok {
		return to, "", true
	}
	if code, listed := refusals[by][p]; listed {
		return p, code, false
	}
	return p, refusals[by]["*"], false
}
