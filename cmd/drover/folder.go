package main

import (
	"context"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
)

type deviceFolders struct {
	List   folderList   `cmd:"" help:"List the folders." default:"withargs"`
	Add    folderAdd    `cmd:"" help:"Make a folder."`
	Edit   folderEdit   `cmd:"" help:"Change a folder, or move it with all that is in it."`
	Remove folderRemove `cmd:"" help:"Take a folder away that holds nothing."`
	Move   folderMove   `cmd:"" help:"Put devices into a folder."`
}

// folder finds a folder by its path or id.
func (s *session) folder(ctx context.Context, wanted string) (string, error) {
	return named(ctx, s, "folder", "/device-folders", wanted, func(f adminv1.Folder) (string, string) { return f.ID, f.Path })
}

type folderList struct{ remote }

// Run lists folders.
func (f *folderList) Run(ctx context.Context, c *console) error {
	s, err := f.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Folder]{
		path: "/device-folders", empty: "There is no folder.", heads: []string{"ID", "PATH", "DEVICES", "DESCRIPTION"},
		row: func(x adminv1.Folder) []string { return []string{x.ID, x.Path, count(x.Members), x.Description} },
	}.print(ctx, s)
}

type folderAdd struct {
	remote
	Path        string `arg:"" help:"Path, such as /Vienna/Servers. The folder above must be there."`
	Description string `help:"What it is for."`
}

// Run makes a folder.
func (f *folderAdd) Run(ctx context.Context, c *console) error {
	s, err := f.connect(c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/device-folders", adminv1.FolderDraft{Path: f.Path, Description: f.Description})
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.Folder) error { return s.say("made folder %s (%s)", x.Path, x.ID) })
}

type oneFolder struct {
	remote
	Folder string `arg:"" help:"Folder, by path or id."`
}

func (f oneFolder) find(ctx context.Context, c *console) (*session, string, error) {
	return f.about(ctx, c, f.Folder, (*session).folder)
}

type folderEdit struct {
	oneFolder
	Path        *string `help:"Another path: the folder moves, with all that is in it and below it."`
	Description *string `help:"What it is for."`
}

// Run changes a folder.
func (f *folderEdit) Run(ctx context.Context, c *console) error {
	s, err := f.connect(c)
	if err != nil {
		return err
	}
	list, err := all[adminv1.Folder](ctx, s, "/device-folders")
	if err != nil {
		return err
	}
	id, err := pick("folder", f.Folder, list, func(x adminv1.Folder) (string, string) { return x.ID, x.Path })
	if err != nil {
		return err
	}
	var d adminv1.FolderDraft
	var version int64
	for _, x := range list {
		if x.ID == id {
			d, version = adminv1.FolderDraft{Path: x.Path, Description: x.Description}, x.Version
		}
	}
	replace(&d.Path, f.Path)
	replace(&d.Description, f.Description)
	res, err := s.Do(ctx, client.Request{Method: put, Path: client.Path("device-folders", id), Body: d, ETag: client.Tag(version)})
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.Folder) error { return s.say("changed folder %s (%s)", x.Path, x.ID) })
}

type folderRemove struct{ oneFolder }

// Run takes a folder away.
func (f *folderRemove) Run(ctx context.Context, c *console) error {
	s, id, err := f.find(ctx, c)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("device-folders", id), nil, "removed folder %s", f.Folder)
}

type folderMove struct {
	remote
	Folder string   `arg:"" help:"Folder, by path or id; / for the topmost."`
	Device []string `arg:"" help:"Devices, by id or name."`
}

// Run puts devices into a folder.
func (f *folderMove) Run(ctx context.Context, c *console) error {
	s, err := f.connect(c)
	if err != nil {
		return err
	}
	var to adminv1.FolderMove
	if f.Folder != "/" {
		if to.Folder, err = s.folder(ctx, f.Folder); err != nil {
			return err
		}
	}
	for _, wanted := range f.Device {
		id, err := s.deviceID(ctx, wanted)
		if err != nil {
			return err
		}
		to.Devices = append(to.Devices, id)
	}
	return s.act(ctx, post, "/device-folders/move", to, "%d moved to %s", len(to.Devices), f.Folder)
}
