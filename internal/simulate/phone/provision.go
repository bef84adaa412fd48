package phone

import (
	"context"

	"drover/internal/base/wbxml"
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
	return p.acknowledge(ctx, temporary)
}

func (p *Phone) acknowledge(ctx context.Context, temporary string) error {
	status := map[Manner]int{Partial: 2, Refuse: 3}[p.manner]
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
	if p.manner == WrongKey {
		p.key = "77"
	}
	p.fleet.see(p, Provisioned)
	return nil
}

// wipe acknowledges the directive and ends the phone's life, as a real one erases itself.
func (p *Phone) wipe(ctx context.Context, directive wbxml.Tag) error {
	p.fleet.see(p, WipeOrdered)
	if p.manner == IgnoreWipe {
		return refusal{kind: Failed, retry: maxRetry}
	}
	if _, err := p.command(ctx, "Provision", wipedFrame(directive)); err != nil {
		return provisionError(err)
	}
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
