package order

import (
	"context"

	"drover/agent/system"
)

type onMac struct{ m system.Machine }

const byApple = "On macOS this is an order of Apple's own management."

func (o onMac) message(ctx context.Context, text string) (string, error) {
	p := system.Command("wall")
	p.Input = printable(text)
	_, err := system.Do(ctx, o.m, p)
	return "Shown on the terminals of who is signed in.", err
}

func (o onMac) lock(ctx context.Context) (string, error) {
	_, err := system.Do(ctx, o.m, system.Command("pmset", "displaysleepnow"))
	return "The displays sleep; they ask for a password where the user or a profile has that on.", err
}

func (o onMac) reboot(ctx context.Context) (string, error) {
	_, err := system.Do(ctx, o.m, system.Command("shutdown", "-r", grace))
	return "The computer restarts in a minute.", err
}

func (onMac) disable(context.Context, []string) (string, error) { return "", errUnsupported(byApple) }

func (onMac) enable(context.Context) (string, error) { return "", errUnsupported(byApple) }

func (onMac) wipe(context.Context) (string, error) { return "", errUnsupported(byApple) }
