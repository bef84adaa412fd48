// Package collection takes what computers tell: from our own agent inventories, whole or as what changed, events, and files in
// chunks, which are imported once they are whole; and from the inventory agents of others (GLPI Agent, FusionInventory and OCS
// Inventory) what those tell at the paths that they know, where a token for each computer says whose inventory it is.
package collection
