package platform

// The rows of computers that our own agent manages. What an order does there, package agent/order says in code; what a
// setting means, package agent/policy.

// AgentType is the device type by which a computer with our agent is recognised, of a system as agents name it: linux,
// windows or macos; "" for any other.
func AgentType(system string) string {
	switch system {
	case "linux", "windows", "macos":
		return system + "-agent"
	}
	return ""
}

const (
	agentRecognised = "Its agent was registered and says which system it runs on."
	noMail          = "A computer has no mail here that could be blocked: retire it, and the zone answers it no more."
	noAccount       = "A computer has no account of the organization's that could be removed alone."
	noComputerCard  = "A computer's removable disks are not erased."
	noComputerCode  = "A computer's passwords are its users'; the agent knows none and clears none."
	noComputerPlace = "A computer's place is told by its network alone."
	byAppleOnly     = "On macOS this is an order of Apple's own management."

	keepsUnsaved = "Everything that is saved."
)

func agentRows() []Row {
	told := Encryption{State: Untold, Words: "The agent tells of each disk; a policy can ask for it."}
	row := func(id ID, named map[Command]Order, s sheet) Row {
		return Row{
			ID: id, Name: names[id], Recognised: agentRecognised, Channels: []Channel{Agent}, Encryption: told,
			Notes: []string{"It comes for its orders when its held connection has a hint, and by its schedule."},
			when:  when{otherwise: true}, orders: agentOrders(named), agent: s,
		}
	}
	return []Row{
		row(LinuxAgent, linuxOrders(), agentSheet(
			partly("The account is locked for a time; nothing is erased.", PasswordMaxFailures),
			partly("GNOME's lock. In minutes, rounded down.", LockInactivity),
			partly("Told; a disk is encrypted when the system is installed, not by the agent.", EncryptDevice),
		)),
		row(WindowsAgent, windowsOrders(), agentSheet(
			ignored("Windows has a rule of its own for this that the agent does not read.", PasswordComplexGroups),
			partly("The account is locked for a time; nothing is erased.", PasswordMaxFailures),
			partly("In minutes, rounded down.", LockInactivity),
			partly("BitLocker's state is told; the agent does not switch it on.", EncryptDevice),
		)),
		row(MacOSAgent, macOrders(), agentSheet(
			ignored("On macOS this is set by Apple's own management.", PasswordMinLength, PasswordComplexGroups, PasswordExpiration,
				PasswordHistory, PasswordMaxFailures, ServicesRunning, ServicesStopped),
			partly("Told; on macOS it is set by Apple's own management.", LockInactivity),
			partly("FileVault's state is told; the agent does not switch it on.", EncryptDevice),
		)),
	}
}

// agentSheet is what an agent makes of the settings: all of its own, but for what the groups say.
func agentSheet(groups ...group) sheet {
	m := answers(Answer{Inexpressible, "Drover's agent has no word for it."})
	for _, s := range settings {
		if s.CarriedBy(Agent) {
			m[s] = Answer{Support: Supported}
		}
	}
	return m.with(groups...)
}

func linuxOrders() map[Command]Order {
	wipe := agentWay(Device, "The keys of every encrypted disk, so that nothing on those can ever be read again; nobody signs in "+
		"any more, and the computer switches off.", "What lies on disks that are not encrypted, and what starts the system.")
	wipe.Caveat = "Where no disk is encrypted nothing is erased: the accounts are disabled, and the order fails."
	lock := agentWay(Nothing, "Nothing; the sessions of all users are told to lock.", keepsAll)
	lock.Caveat = "A session without a screen has no lock."
	disable := agentWay(Nothing, "Nothing; no local person but those named signs in any more, by password or by key.", keepsAll)
	disable.Caveat = "Sessions that are open go on, and root's account is as it was."
	return map[Command]Order{
		FullWipe: ways(wipe), Lock: ways(lock), DisableAccounts: ways(disable),
		EnableAccounts: ways(agentWay(Nothing, "Nothing; who was disabled from here signs in again.", keepsAll)),
		Message:        ways(agentWay(Nothing, "Nothing; the message is shown on the terminals of who is signed in.", keepsAll)),
	}
}

func windowsOrders() map[Command]Order {
	wipe := agentWay(Device, "Every way to unlock the disks that BitLocker protects, recovery keys included, so that nothing on "+
		"those can ever be read again; the computer restarts.", "What lies on disks that BitLocker does not protect.")
	wipe.Caveat = "Where BitLocker protects no disk nothing is erased, and the order fails."
	disable := agentWay(Nothing, "Nothing; no local account but those named signs in any more.", keepsAll)
	disable.Caveat = "The built-in administrator's account and those of a domain are as they were."
	return map[Command]Order{
		FullWipe: ways(wipe), DisableAccounts: ways(disable),
		Lock:           ways(agentWay(Nothing, "Nothing; the active sessions are disconnected, which shows the sign-in screen.", keepsAll)),
		EnableAccounts: ways(agentWay(Nothing, "Nothing; who was disabled from here signs in again.", keepsAll)),
		Message:        ways(agentWay(Nothing, "Nothing; the message is shown to who is signed in.", keepsAll)),
	}
}

func macOrders() map[Command]Order {
	lock := agentWay(Nothing, "Nothing; the displays sleep.", keepsAll)
	lock.Caveat = "They ask for a password where the user or a profile has that on."
	return map[Command]Order{
		FullWipe: refused(byAppleOnly), DisableAccounts: refused(byAppleOnly), EnableAccounts: refused(byAppleOnly), Lock: ways(lock),
		Message: ways(agentWay(Nothing, "Nothing; the message is shown on the terminals of who is signed in.", keepsAll)),
	}
}

// agentOrders completes the orders of a row with what every agent does.
func agentOrders(named map[Command]Order) map[Command]Order {
	leave := agentWay(Nothing, "Nothing by itself; from then on whoever administers the computer may remove the agent.", keepsAll)
	leave.Caveat = "A computer without its agent obeys nothing and tells nothing any more."
	m := map[Command]Order{
		Block: refused(noMail), SelectiveWipe: refused(noAccount), WipeCard: refused(noComputerCard), ClearPasscode: refused(noComputerCode),
		Locate:          refused(noComputerPlace),
		RequestLog:      ways(agentWay(Nothing, "Nothing; the agent sends its own log.", keepsAll)),
		UpdateInventory: ways(agentWay(Nothing, "Nothing; the computer tells anew what it is and what is installed.", keepsAll)),
		Refresh:         ways(agentWay(Nothing, "Nothing; the agent asks for everything anew and checks every policy.", keepsAll)),
		Reboot:          ways(agentWay(Nothing, "What is not saved: the computer restarts in a minute.", keepsUnsaved)),
		Uninstall:       ways(leave),
	}
	for c, o := range named {
		m[c] = o
	}
	return m
}

func agentWay(e Extent, removes, leaves string) Way {
	return Way{Channel: Agent, Extent: e, Removes: removes, Leaves: leaves}
}
