package policy

import "drover/internal/core/platform"

// What our agent checks on computers, and mends where it is told to.
var computerDefinitions = []Definition{
	switchOf(platform.FirewallEnabled, CategoryComputers, "Require a firewall",
		"Connections from outside are filtered: by the firewall of the distribution, of Windows or of macOS.", false, Yes),
	switchOf(platform.UpdatesAutomatic, CategoryComputers, "Install security updates by themselves",
		"Without asking anybody. The system's own way is switched on: apt or dnf, Windows Update, macOS.", false, Yes),
	texts(platform.AdminsAllowed, CategoryComputers, "Who may administer",
		"Names of the accounts that may be administrators of the computer, besides the built-in one. An empty list asks nothing.",
		FormatAccount, 50, Common),
	texts(platform.ServicesRunning, CategoryComputers, "Services that must run",
		"Names as the system has them, such as chrony. They start with the system, and run.", FormatUnit, 50, Both),
	texts(platform.ServicesStopped, CategoryComputers, "Services that must not run",
		"Names as the system has them, such as telnet. They neither run nor start with the system.", FormatUnit, 50, Both),
	{
		Key: platform.FilesPresent, Category: CategoryComputers, Title: "Files that must be there",
		Help: "Files that the computer must have, with exactly this content. Everybody who may see policies can read it: write no secrets.",
		Kind: KindFiles, Max: maxFiles, Default: Files(), Stricter: Both,
	},
	texts(platform.FilesAbsent, CategoryComputers, "Files that must not be there", "Whole paths, such as /etc/hosts.equiv.",
		FormatAbsolute, 100, Both),
	switchOf(platform.AgentRepair, CategoryComputers, "Correct what is not as the policy asks",
		"The agent puts right what it can. Switched off, it only reports what is wrong.", true, Yes),
}

// How our agent works, and what it tells. What it tells of people is off by default.
var agentDefinitions = []Definition{
	{
		Key: platform.AgentContact, Category: CategoryAgent, Title: "Whom to ask", Kind: KindText, Format: FormatLine,
		Help:    "Shown to the person at the computer, such as: Help desk, telephone 100.",
		Default: Text(""), Stricter: Common,
	},
	number(platform.AgentRefresh, CategoryAgent, "Ask the server for changes every",
		"Changes come to the computer at once; this is for when that does not work. 0 leaves it at an hour.",
		5, 1440, "minutes", Less),
	options(platform.AgentLogLevel, CategoryAgent, "Log of the agent", "How much the agent writes down of what it does.", 2,
		Option{0, "Errors"}, Option{1, "Warnings"}, Option{2, "What it does"}, Option{3, "Everything"}),
	switchOf(platform.AgentRemovable, CategoryAgent, "Let administrators of the computer remove the agent",
		"Otherwise the organization must agree first. It does so by an order, or by a code for a computer without a network.", false, No),
	switchOf(platform.AgentInventory, CategoryAgent, "Report hardware and software",
		"Hardware, system, disks, networks, certificates and services, and the software of computers that are not personal.", true, Yes),
	needing(platform.AgentInventory, number(platform.InventoryHours, CategoryAgent, "Report hardware and software every",
		"How often the agent looks at the computer and reports what has changed. 0 leaves it at once a day.", 1, 168, "hours", Less)),
	needing(platform.AgentInventory, switchOf(platform.InventoryUsers, CategoryAgent, "Report the accounts",
		"Who has an account on the computer, and who was there last.", false, No)),
	switchOf(platform.WatchLogins, CategoryAgent, "Report who signs in", "Each time, with the name of the account.", false, No),
	switchOf(platform.WatchElevations, CategoryAgent, "Report who becomes an administrator", "Each time, with the name of the account.", false, No),
	switchOf(platform.WatchUSB, CategoryAgent, "Report what is plugged in", "Devices on USB, each time.", false, No),
}
