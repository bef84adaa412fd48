// Package collection takes what computers tell of themselves from the inventory agents of others: GLPI Agent,
// FusionInventory and OCS Inventory, at the paths that they know. Whose inventory it is, a token for each computer says, in
// the path or as the password.
package collection
