package system

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// Block is a disk of Linux or a part of one, as lsblk(8) tells.
type Block struct {
	Name      string   `json:"name"`
	Path      string   `json:"path"`
	Type      string   `json:"type"` // disk, part, crypt, lvm, raid1, loop, rom
	FSType    string   `json:"fstype"`
	Mounts    []string `json:"mountpoints"`
	Size      int64    `json:"size"`
	Model     string   `json:"model"`
	Serial    string   `json:"serial"`
	Rotates   bool     `json:"rota"`
	Removable bool     `json:"rm"`
	Transport string   `json:"tran"`
	Children  []Block  `json:"children"`
}

// BlockDevices returns the disks with what lies on them.
func BlockDevices(ctx context.Context, m Machine) ([]Block, error) {
	text, err := Do(ctx, m, Command("lsblk", "--json", "--bytes", "--output",
		"NAME,PATH,TYPE,FSTYPE,MOUNTPOINTS,SIZE,MODEL,SERIAL,ROTA,RM,TRAN"))
	if err != nil {
		return nil, err
	}
	var list struct {
		Devices []Block `json:"blockdevices"`
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("what lsblk says cannot be read: %w", err)
	}
	return list.Devices, nil
}

// Mount is where part of a disk is mounted.
type Mount struct {
	Path      string
	Device    string
	Encrypted bool
}

// swap is where lsblk says that a part is used as memory.
const swap = "[SWAP]"

// Mounts returns where the parts of disks are mounted, those that are used as memory too, sorted.
func Mounts(tree []Block) []Mount {
	var list []Mount
	var walk func(b Block, sealed bool)
	walk = func(b Block, sealed bool) {
		sealed = sealed || b.Type == "crypt"
		for _, at := range b.Mounts {
			if (at == swap || len(at) > 0 && at[0] == '/') && b.Type != "loop" && b.Type != "rom" {
				list = append(list, Mount{at, b.Path, sealed})
			}
		}
		for _, c := range b.Children {
			walk(c, sealed)
		}
	}
	for _, b := range tree {
		walk(b, false)
	}
	slices.SortFunc(list, func(a, b Mount) int {
		if a.Path < b.Path {
			return -1
		}
		return 1
	})
	return list
}

// Sealed returns the devices that hold encrypted data (LUKS), whatever is mounted of them.
func Sealed(tree []Block) []string {
	var list []string
	for _, b := range tree {
		if b.FSType == "crypto_LUKS" {
			list = append(list, b.Path)
		}
		list = append(list, Sealed(b.Children)...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
