package licensing

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// WhyAsked is what somebody wants to know: why they, or a colleague whose rights they
// manage, see a licence ID, a product or a key there, or not.
type WhyAsked struct {
	Number  string    // licence ID; "" where Key says which
	Product Product   // zero for none
	Key     uuid.UUID // zero for none
	Last5   string    // of a key; "" for none
	Email   string    // business e-mail of the colleague; "" for the reader's own sight
}

// AsksForKey reports whether the question is about one key.
func (q WhyAsked) AsksForKey() bool { return q.Key != uuid.Nil || q.Last5 != "" }

// HeldRight is a right as it bears on one licence ID.
type HeldRight struct {
	Role         Role
	Organisation string     // that it is inherited from; "" where it was given on the licence ID
	Until        *time.Time // nil: without end
	EndedAt      *time.Time // nil while it lasts
}

// WhyFacts is what decides whether somebody sees something. Of a licence ID on which they
// have no right, there is nothing in it.
type WhyFacts struct {
	WhyAsked
	Staff      Role // of the reader
	Managed    bool // the reader manages the licence ID's people; said where the question is about a colleague
	Rights     []HeldRight
	Licence    LicenceRow
	Programme  Programme
	Bought     int  // units of the product in force there
	PoolBought bool // something of the product's pool was bought there
	Keys       []Key
	Elsewhere  []LicenceName // that hold a key of the product, where the person sees keys
	Found      *Key          // that was asked for
	FoundAt    LicenceName
	Now        time.Time
}

// LicenceName is a licence ID as one speaks of it.
type LicenceName struct {
	Number       string
	Organisation string
}

// Step is what somebody can do about a finding.
type Step string

// What can be done.
const (
	StepNone    Step = ""
	StepAccess  Step = "access"  // ask an administrator for a right
	StepSupport Step = "support" // ask support
	StepKMS     Step = "kms"     // ask for a KMS key by exception
	StepKeys    Step = "keys"    // look at the keys of Where
	StepKey     Step = "key"     // look at the key that was asked for
	StepLicence Step = "licence" // look at Where
)

// Reason is one rule that shows or hides what was asked about, and what can be done.
type Reason struct {
	Finding
	Step  Step
	Where string // number of a licence ID
}

// Explain puts the rules in order: whose right, what it permits, then the key and the
// product. Somebody without a right is told the same of what exists and of what doesn't
// (S-51).
func (f WhyFacts) Explain() []Reason {
	if f.Staff != "" {
		return []Reason{because(For, "why.staff."+string(f.Staff)).at(StepLicence, f.Number)}
	}
	if f.Email != "" && !f.Managed {
		return []Reason{because(Against, "why.not_managed")}
	}
	held := f.live()
	if len(held) == 0 {
		return f.noRight()
	}
	var all []Reason
	for _, r := range held {
		all = append(all, r.because())
	}
	all = append(all, f.permits()...)
	if !f.May().Has(SeeKeys) {
		return all
	}
	return append(append(all, f.ofKey()...), f.ofProduct()...)
}

func because(b Bearing, message string, args ...any) Reason {
	r := Reason{Finding: Finding{Message: message, Bearing: b}}
	for i := 0; i+1 < len(args); i += 2 {
		if r.Args == nil {
			r.Args = map[string]any{}
		}
		r.Args[args[i].(string)] = args[i+1]
	}
	return r
}

func (r Reason) at(s Step, where string) Reason {
	r.Step, r.Where = s, where
	return r
}

func (f WhyFacts) live() []HeldRight {
	return slices.DeleteFunc(slices.Clone(f.Rights), func(r HeldRight) bool { return r.EndedAt != nil })
}

// May is what the person's rights on the licence ID permit together.
func (f WhyFacts) May() (may Permission) {
	for _, r := range f.live() {
		may |= r.Role.Permissions()
	}
	return may
}

// noRight says since when there is none, where there was one: that is the person's own.
func (f WhyFacts) noRight() []Reason {
	if f.Email != "" {
		if len(f.Rights) > 0 {
			return []Reason{because(Against, "why.colleague_ended", "Role", f.Rights[0].Role, "Day", *f.Rights[0].EndedAt)}
		}
		return []Reason{because(Against, "why.colleague_none")}
	}
	if len(f.Rights) > 0 {
		return []Reason{because(Against, "why.ended", "Role", f.Rights[0].Role, "Day", *f.Rights[0].EndedAt).at(StepAccess, f.Number)}
	}
	return []Reason{because(Against, "why.none").at(StepAccess, f.Number)}
}

func (r HeldRight) because() Reason {
	switch {
	case r.Organisation == "" && r.Until == nil:
		return because(For, "why.here", "Role", r.Role)
	case r.Organisation == "":
		return because(For, "why.here_until", "Role", r.Role, "Day", *r.Until)
	case r.Until == nil:
		return because(For, "why.inherited", "Role", r.Role, "Organisation", r.Organisation)
	}
	return because(For, "why.inherited_until", "Role", r.Role, "Organisation", r.Organisation, "Day", *r.Until)
}

// permits says what the rights come to.
func (f WhyFacts) permits() []Reason {
	var all []Reason
	switch may := f.May(); {
	case !may.Has(SeeKeys):
		all = append(all, because(Against, "why.no_keys").at(StepAccess, f.Licence.Number))
	case !may.Has(RevealKeys):
		all = append(all, because(Against, "why.masked").at(StepAccess, f.Licence.Number))
	default:
		all = append(all, because(For, "why.reveals"))
	}
	if !f.Licence.Active(f.Now) {
		all = append(all, because(Neutral, "why.licence_ended", "Day", *f.Licence.Ends))
	}
	return all
}

// ofKey says where the key is that was asked for.
func (f WhyFacts) ofKey() []Reason {
	switch {
	case !f.AsksForKey():
		return nil
	case f.Found == nil:
		return []Reason{because(Against, "why.key_unknown")}
	case f.FoundAt.Number != f.Licence.Number:
		return []Reason{because(For, "why.key_elsewhere", "Last5", f.Found.Last5, "Number", f.FoundAt.Number).at(StepKey, f.FoundAt.Number)}
	}
	return append([]Reason{because(For, "why.key_here", "Last5", f.Found.Last5).at(StepKey, f.FoundAt.Number)}, f.notYet(*f.Found)...)
}

// notYet says that a key works from a later day, or was used up as one of its kind is.
func (f WhyFacts) notYet(k Key) (all []Reason) {
	if !k.Usable(f.Now) {
		all = append(all, because(Against, "why.not_yet", "Last5", k.Last5, "Day", *k.UsableFrom))
	}
	if k.OSAStatus != nil && *k.OSAStatus == OSARedeemed {
		all = append(all, because(Neutral, "why.redeemed", "Last5", k.Last5))
	}
	return all
}

// ofProduct says by which rule the product's keys are listed, or why there are none.
func (f WhyFacts) ofProduct() []Reason {
	switch {
	case f.Product.ID == 0 && f.AsksForKey():
		return nil
	case f.Product.ID == 0:
		return []Reason{because(Neutral, "programme.allotment."+string(f.Programme.Allotment))}
	case f.Product.KeySource == KeyWizard:
		return []Reason{because(Neutral, "why.wizard", "Programme", f.Programme.Name, "Value", f.Licence.WizardNumber(f.Programme))}
	case f.Product.KeySource == KeyEmbedded, f.Product.KeySource == KeyNone:
		return []Reason{because(Neutral, "key_source."+string(f.Product.KeySource)+"_what").at(StepKeys, f.Licence.Number)}
	case len(f.Keys) > 0:
		return append(f.listed(), f.kms()...)
	}
	return append(append(f.unlisted(), f.kms()...), f.elsewhere()...)
}

func (f WhyFacts) listed() []Reason {
	all := []Reason{because(For, "why.listed").at(StepKeys, f.Licence.Number)}
	for _, k := range f.Keys {
		if f.Found == nil || k.ID != f.Found.ID {
			all = append(all, f.notYet(k)...)
		}
	}
	return all
}

// unlisted says why a product that has keys has none here.
func (f WhyFacts) unlisted() []Reason {
	rule := because(Neutral, "programme.allotment."+string(f.Programme.Allotment))
	switch {
	case f.Bought > 0:
		return []Reason{rule, because(Against, "why.bought").at(StepSupport, f.Licence.Number)}
	case f.Programme.Allotment == AllotBought:
		return []Reason{rule, because(Against, "why.not_bought")}
	case f.Programme.Allotment == AllotForecast:
		return []Reason{rule, because(Against, "why.not_forecast", "Pool", f.Product.Pool).at(StepSupport, f.Licence.Number)}
	case f.PoolBought:
		return []Reason{rule, because(Against, "why.pool_bought", "Pool", f.Product.Pool).at(StepSupport, f.Licence.Number)}
	}
	return []Reason{rule, because(Against, "why.pool_not_bought", "Pool", f.Product.Pool)}
}

// kms says that a programme gives a KMS key by exception alone.
func (f WhyFacts) kms() []Reason {
	held := slices.ContainsFunc(f.Keys, func(k Key) bool { return k.Type == KMS })
	if held || f.Product.KMSThreshold == 0 || f.Programme.KMSRule != KMSByException {
		return nil
	}
	r := because(Against, "why.kms", "Least", f.Product.KMSThreshold)
	if f.Email == "" && f.May().Has(FileRequests) {
		r = r.at(StepKMS, f.Licence.Number)
	}
	return []Reason{r}
}

// elsewhere says under which licence IDs of the family a key is. It may be used across the
// family: compliance is another matter.
func (f WhyFacts) elsewhere() (all []Reason) {
	for _, l := range f.Elsewhere {
		all = append(all, because(For, "why.elsewhere", "Number", l.Number, "Organisation", l.Organisation).at(StepKeys, l.Number))
	}
	return all
}
