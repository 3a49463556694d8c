// Package lifecycle is the life of orders and versions, as tables. Nothing moves but
// through them, whether a rule, a call or a person pushes.
package lifecycle

// Phase is where a version stands: the platform's version status, finer before
// development begins.
type Phase string

// Phases of a version. The first four have no version status, and the two of the scan
// share INIT with a version that may be submitted.
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

// Phases lists every phase, so that a check over the table can't pass one over.
func Phases() []Phase {
	return []Phase{Absent, Building, BuildFailed, BuildTimedOut, Scanning, ScanFailed, Init, Auditing,
		AuditReject, BaseAuditPass, WaitRelease, Release, Offline, AuditOffline}
}

// Status is the version status on the wire, empty before the version exists. A scan that
// runs or failed is INIT there; scan_result makes the difference.
func (p Phase) Status() string {
	switch p {
	case Absent, Building, BuildFailed, BuildTimedOut:
		return ""
	case Scanning, ScanFailed:
		return string(Init)
	default:
		return string(p)
	}
}

// InPipeline reports whether the version blocks every other submission of its
// mini program: a rejected one does too, until it is taken back.
func (p Phase) InPipeline() bool {
	return p == Auditing || p == AuditReject || p == BaseAuditPass || p == WaitRelease
}

// InDevelopment reports whether the version counts against the twenty allowed; an upload
// beyond them is refused with DEV_VERSION_EXCEED_MAX_COUNT.
func (p Phase) InDevelopment() bool {
	return p == Building || p == Scanning || p == ScanFailed || p == Init
}

// Step is a call by its method, or an event: one table for both keeps a rule or a person
// from moving a version where no call could.
type Step string

// Calls that move a version, or need it to be somewhere. audit.cancel is for a version
// under audit, audited.cancel for one with a verdict; the other is refused.
const (
	StepUpload     Step = "alipay.open.mini.version.upload"
	StepBuildQuery Step = "alipay.open.mini.version.build.query"
	StepDetail     Step = "alipay.open.mini.version.detail.query"
	StepApply      Step = "alipay.open.mini.version.audit.apply"
	StepCancel     Step = "alipay.open.mini.version.audit.cancel"
	StepTakeBack   Step = "alipay.open.mini.version.audited.cancel"
	StepOnline     Step = "alipay.open.mini.version.online"
	StepDelete     Step = "alipay.open.mini.version.delete"
	StepOffline    Step = "alipay.open.mini.version.offline"
	StepRollback   Step = "alipay.open.mini.version.rollback"
	StepTry        Step = "alipay.open.mini.experience.create"
)

// Events that move a version without a call, most of them without a message either.
const (
	StepBuilt      Step = "build ok"
	StepBuildFail  Step = "build fail"
	StepBuildOver  Step = "build timeout"
	StepScanPass   Step = "scan pass"
	StepScanFail   Step = "scan fail"
	StepPass       Step = "audit pass"
	StepBasePass   Step = "audit base_pass"
	StepReject     Step = "audit reject"
	StepSupersede  Step = "superseded"
	StepRestore    Step = "restored"
	StepTakenDown  Step = "taken down"
	StepAutoOnline Step = "auto online"
)

// moves is the whole life of a version: where each step leads from each phase.
// A phase that a step does not name refuses it with the step's code. A query
// leads nowhere: its row says where it has an answer. Read only.
var moves = map[Step]map[Phase]Phase{
	StepUpload:     {Absent: Building},
	StepBuildQuery: stay(Building, BuildFailed, BuildTimedOut, Scanning, ScanFailed, Init, Auditing, AuditReject, BaseAuditPass, WaitRelease, Release, Offline, AuditOffline),
	StepDetail:     stay(Scanning, ScanFailed, Init, Auditing, AuditReject, BaseAuditPass, WaitRelease, Release, Offline, AuditOffline),
	StepApply:      {Init: Auditing},
	StepCancel:     {Auditing: Init},
	StepTakeBack:   {AuditReject: Init, BaseAuditPass: Init, WaitRelease: Init},
	StepOnline:     {BaseAuditPass: Release, WaitRelease: Release},
	StepDelete:     {Init: Absent, ScanFailed: Absent},
	StepOffline:    {Release: Offline},
	StepRollback:   {Release: Offline},
	StepTry:        stay(Init),
	StepBuilt:      {Building: Scanning},
	StepBuildFail:  {Building: BuildFailed},
	StepBuildOver:  {Building: BuildTimedOut},
	StepScanPass:   {Scanning: Init},
	StepScanFail:   {Scanning: ScanFailed},
	StepPass:       {Auditing: WaitRelease},
	StepBasePass:   {Auditing: BaseAuditPass},
	StepReject:     {Auditing: AuditReject},
	StepSupersede:  {Release: Offline},
	StepRestore:    {Offline: Release},
	StepTakenDown:  {Release: AuditOffline},
	StepAutoOnline: {WaitRelease: Release},
}

// refusals are spelled as the platform spells them (NOT_EXSIT too), since clients compare
// them. The Absent row also stands for a version number never heard of, "*" for every
// other phase. Read only.
var refusals = map[Step]map[Phase]string{
	StepUpload:     {"*": "VERSION_HAS_EXISTED"},
	StepBuildQuery: {Absent: "BUILD_VERSION_NOT_EXISTED"},
	StepDetail:     {"*": "MINIAPP_VERSION_NOT_EXSIT"},
	StepApply: {
		Absent:   "MINIAPP_VERSION_NOT_EXSIT",
		Building: "MINI_APP_PACKAGE_INFO_NOT_EXIST", BuildFailed: "MINI_APP_PACKAGE_INFO_NOT_EXIST", BuildTimedOut: "MINI_APP_PACKAGE_INFO_NOT_EXIST",
		Scanning: "CAN_NOT_SUBMIT_WITHOUT_SCAN_PASS", ScanFailed: "CAN_NOT_SUBMIT_WITHOUT_SCAN_PASS",
		Auditing: "SUBMIT_REPEAT", "*": "CAN_NOT_SUBMIT_WITHOUT_INIT",
	},
	StepCancel:   {Absent: "AUDITING_VERSION_NOT_EXIST", "*": "INVALID_VERSION_STATUS"},
	StepTakeBack: {Absent: "MINIAPP_VERSION_NOT_EXSIT", "*": "CAN_NOT_BACK_DEV_WITHOUT_AUDIT"},
	StepOnline: {
		Absent: "MINIAPP_VERSION_NOT_EXSIT", Building: "MINI_APP_PACKAGE_INFO_NOT_EXIST",
		BuildFailed: "MINI_APP_PACKAGE_INFO_NOT_EXIST", BuildTimedOut: "MINI_APP_PACKAGE_INFO_NOT_EXIST",
		Scanning: "CAN_NOT_ONLINE_WITHOUT_AUDIT", ScanFailed: "CAN_NOT_ONLINE_WITHOUT_AUDIT", Init: "CAN_NOT_ONLINE_WITHOUT_AUDIT",
		Auditing: "CAN_NOT_ONLINE_WITHOUT_AUDIT", AuditReject: "CAN_NOT_ONLINE_WITHOUT_AUDIT",
		"*": "CAN_NOT_ONLINE_NOT_GRAY_OR_WAITRELEASE",
	},
	StepDelete:   {Absent: "MINIAPP_VERSION_NOT_EXSIT", Scanning: "CAN_NOT_DELETE_WITH_SCANNING", "*": "CAN_NOT_DELETE_WITHOUT_DEV"},
	StepOffline:  {Absent: "MINIAPP_VERSION_NOT_EXSIT", "*": "CAN_NOT_OFFLINE_WITHOUT_ONLINE"},
	StepRollback: {Absent: "MINIAPP_VERSION_NOT_EXSIT", "*": "CAN_NOT_ROLLBACK_WITHOUT_ONLINE"},
	StepTry: {
		Scanning: "CAN_NOT_SET_WITHOUT_SCAN_PASS", ScanFailed: "CAN_NOT_SET_WITHOUT_SCAN_PASS",
		Release: "CAN_NOT_SET_EXP_WITH_ONLINED_STATUS", Offline: "CAN_NOT_SET_EXP_WITH_ONLINED_STATUS", "*": "CAN_NOT_SET_EXP_INVALID_STATUS",
	},
}

func stay(phases ...Phase) map[Phase]Phase {
	same := make(map[Phase]Phase, len(phases))
	for _, phase := range phases {
		same[phase] = phase
	}
	return same
}

// Move returns the code of the refusal as well, because clients decide by it whether to
// repeat, to query or to give up; an event that does not fit has no code and is
// simply stale.
func (p Phase) Move(by Step) (to Phase, refusal string, ok bool) {
	if to, ok = moves[by][p]; ok {
		return to, "", true
	}
	if code, listed := refusals[by][p]; listed {
		return p, code, false
	}
	return p, refusals[by]["*"], false
}
