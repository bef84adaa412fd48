package platform

// The rows of computers, which are no mail clients.

const noOrders = "An inventory agent tells what a computer is; it takes no orders."

func computerRows() []Row {
	return []Row{{
		ID: Computer, Name: "Computer with an inventory agent",
		Recognised: "An administrator has added it, or it tells its inventory by a token of its own.",
		Channels:   []Channel{Inventory},
		Encryption: Encryption{State: Untold, Words: "Its inventory tells of each volume, where the agent does."},
		Notes:      []string{"GLPI Agent, FusionInventory and OCS Inventory tell what a computer is made of; nothing can be asked of it."},
		when:       when{otherwise: true},
		orders:     inventoryOrders(),
	}}
}

func inventoryOrders() map[Command]Order {
	m := make(map[Command]Order, len(commands))
	for _, c := range commands {
		m[c] = refused(noOrders)
	}
	return m
}
