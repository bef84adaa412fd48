// Command agentpackage puts the agent into packages: a .deb and an .rpm for each processor whose program it is given. It is run
// by "make packages".
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // the formats register themselves
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

func main() {
	root := flag.String("root", "..", "the repository")
	programs := flag.String("programs", "../bin/agent", "where drover-agent-linux-amd64 and its like lie")
	out := flag.String("out", "../bin/agent", "where the packages go")
	version := flag.String("version", "0.1.0", "the version")
	flag.Parse()
	if err := run(*root, *programs, *out, *version); err != nil {
		fmt.Fprintln(os.Stderr, "agentpackage:", err)
		os.Exit(1)
	}
}

func run(root, programs, out, version string) error {
	found := 0
	for _, arch := range []string{"amd64", "arm64"} {
		program := filepath.Join(programs, "drover-agent-linux-"+arch)
		if _, err := os.Stat(program); errors.Is(err, os.ErrNotExist) {
			continue
		}
		found++
		for _, format := range []string{"deb", "rpm"} {
			path, err := pack(root, program, out, version, arch, format)
			if err != nil {
				return fmt.Errorf("%s for %s: %w", format, arch, err)
			}
			fmt.Println(path)
		}
	}
	if found == 0 {
		return fmt.Errorf("%s holds no drover-agent-linux-amd64 and no drover-agent-linux-arm64", programs)
	}
	return nil
}

// pack makes one package and returns where it lies.
func pack(root, program, out, version, arch, format string) (string, error) {
	scripts := filepath.Join(root, "agent", "service", "package")
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "drover-agent", Arch: arch, Platform: "linux", Version: version, Section: "admin", Priority: "optional",
		Maintainer: "The makers of Drover <drover@example.org>", Description: "Agent of a computer that is managed in a Drover zone\n" +
			"It obeys the policies of its zone, carries out its orders, and tells how\nthe computer stands. It keeps working while its server is away.",
		MTime: mtime(),
		Overridables: nfpm.Overridables{
			Recommends: []string{"libpam-pwquality"},
			Contents: files.Contents{
				{Source: program, Destination: "/usr/bin/drover-agent", FileInfo: &files.ContentFileInfo{Mode: 0o755}},
				{
					Source: filepath.Join(root, "agent", "service", "drover-agent.service"), Destination: "/usr/lib/systemd/system/drover-agent.service",
					FileInfo: &files.ContentFileInfo{Mode: 0o644},
				},
				{
					Source: filepath.Join(root, "THIRD-PARTY-NOTICES"), Destination: "/usr/share/doc/drover-agent/THIRD-PARTY-NOTICES",
					FileInfo: &files.ContentFileInfo{Mode: 0o644},
				},
			},
			Scripts: nfpm.Scripts{
				PostInstall: filepath.Join(scripts, "postinstall"), PreRemove: filepath.Join(scripts, "preremove"),
				PostRemove: filepath.Join(scripts, "postremove"),
			},
		},
	})
	if format == "rpm" {
		info.Recommends, info.RPM.BuildHost = nil, "localhost"
	}
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return "", err
	}
	p, err := nfpm.Get(format)
	if err != nil {
		return "", err
	}
	path := filepath.Join(out, p.ConventionalFileName(info))
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	return path, errors.Join(p.Package(info, f), f.Close())
}

// mtime is the time of what is packed: that of the last change (SOURCE_DATE_EPOCH), so that the same sources make the same
// package.
func mtime() time.Time {
	var seconds int64
	if _, err := fmt.Sscan(os.Getenv("SOURCE_DATE_EPOCH"), &seconds); err != nil {
		return time.Now()
	}
	return time.Unix(seconds, 0).UTC()
}
