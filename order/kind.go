package order

// Kind says which piece of work an order is: with which method of Alipay's it begins, or that its mini program is there already.
type Kind string

const (
	// KindFormal creates a formal mini program (alipay.open.mini.isv.create), which the merchant has to agree to.
	KindFormal Kind = "formal"
	// KindTrial creates a trial mini program (alipay.open.mini.isv.fastregister.create), which asks for no papers and is
	// certified later.
	KindTrial Kind = "trial"
	// KindRelease brings a new version of a mini program that exists and is authorised, so it begins at the authorisation.
	KindRelease Kind = "release"
)

// Kinds lists every kind, for the API's schema.
func Kinds() []Kind { return []Kind{KindFormal, KindTrial, KindRelease} }
