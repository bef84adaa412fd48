package phone

import (
	"context"

	"drover/internal/base/wbxml"
	"drover/internal/simulate/handset"
)

// provisionThen returns the step that provisions and goes on with next.
func (p *Phone) provisionThen(next step) step {
	return func(ctx context.Context) (step, error) { return next, p.provision(ctx) }
}

// provision takes the policy and acknowledges it, in two phases (MS-ASPROV section 3.1.5), or obeys a wipe.
func (p *Phone) provision(ctx context.Context) error {
	a, err := p.command(ctx, "Provision", p.provisionFrame())
	if err != nil {
		return provisionError(err)
	}
	for _, directive := range []wbxml.Tag{wbxml.ProvisionRemoteWipe, wbxml.ProvisionAccountOnlyRemoteWipe} {
		if a.body.Child(directive) != nil {
			return p.wipe(ctx, directive)
		}
	}
	policy := policyOf(a)
	if policy.Child(wbxml.ProvisionStatus).Value() == "2" { // there is no policy for this phone
		p.key = "0"
		p.fleet.see(p, Unmanaged)
		return nil
	}
	temporary := policy.Child(wbxml.ProvisionPolicyKey).Value()
	if temporary == "" {
		return refusal{kind: Failed}
	}
	p.obey(policy.Child(wbxml.ProvisionData).Child(wbxml.ProvisionEASProvisionDoc))
	return p.acknowledge(ctx, temporary)
}

// obey takes of a policy what the platform can. The document of 2.5 is another, which these phones take without reading.
func (p *Phone) obey(document *wbxml.Node) {
	if document == nil || p.set.Manner() == handset.Refuse {
		return
	}
	flag := func(tag wbxml.Tag) *bool {
		element := document.Child(tag)
		if element == nil {
			return nil
		}
		on := element.Value() == "1"
		return &on
	}
	p.set.Obey(handset.Policy{
		PasswordRequired: flag(wbxml.ProvisionDevicePasswordEnabled), Encrypt: flag(wbxml.ProvisionRequireDeviceEncryption),
	})
}

func (p *Phone) acknowledge(ctx context.Context, temporary string) error {
	status := map[handset.Manner]int{handset.Partial: 2, handset.Refuse: 3}[p.set.Manner()]
	if status == 0 {
		status = 1
	}
	p.key = temporary
	a, err := p.command(ctx, "Provision", p.acknowledgeFrame(temporary, status))
	if err != nil {
		return provisionError(err)
	}
	policy := policyOf(a)
	final := policy.Child(wbxml.ProvisionPolicyKey).Value()
	if policy.Child(wbxml.ProvisionStatus).Value() != "1" || final == "" {
		if status != 1 {
			return refusal{kind: Declined, retry: maxRetry}
		}
		return refusal{kind: Failed}
	}
	p.key = final
	if p.set.Manner() == handset.WrongKey {
		p.key = "77"
	}
	p.fleet.see(p, Provisioned)
	return nil
}

// wipe acknowledges the directive and then erases what the platform erases. A phone that has done so asks no more.
func (p *Phone) wipe(ctx context.Context, directive wbxml.Tag) error {
	p.fleet.see(p, WipeOrdered)
	order := handset.FullWipe
	if directive == wbxml.ProvisionAccountOnlyRemoteWipe {
		order = handset.SelectiveWipe
	}
	switch {
	case p.set.Manner() == handset.IgnoreWipe, !p.set.Can(order):
		return refusal{kind: Failed, retry: maxRetry}
	case p.set.PutsOff(order):
		return refusal{kind: PutOff}
	}
	if _, err := p.command(ctx, "Provision", wipedFrame(directive)); err != nil {
		return provisionError(err)
	}
	switch p.set.Manner() {
	case handset.Halt:
		return errWiped
	case handset.Lie:
		return nil
	case handset.Replay: // whatever is answered: the phone has nothing to lose any more
		_, _ = p.command(ctx, "Provision", wipedFrame(directive))
	}
	p.set.Carry(order)
	p.fleet.see(p, Wiped)
	return errWiped
}

// provisionError keeps a server that answers Provision with "provision first" from becoming a loop.
func provisionError(err error) error {
	if err == errProvision {
		return refusal{kind: Failed}
	}
	return err
}

func policyOf(a answer) *wbxml.Node {
	return a.body.Child(wbxml.ProvisionPolicies).Child(wbxml.ProvisionPolicy)
}
