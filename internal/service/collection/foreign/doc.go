// Package foreign reads what the inventory agents of others send: the XML of OCS Inventory and FusionInventory, and the
// JSON of GLPI. Environment variables and processes are never read. What an agent calls its device proves nothing.
package foreign
