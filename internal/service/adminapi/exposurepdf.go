package adminapi

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"drover/api/adminv1"
)

// sheet writes an exposure report on paper: A4 across, in millimetres.
type sheet struct{ *fpdf.Fpdf }

const (
	sheetMargin = 12.0
	lineHeight  = 4.2
	cellPadding = 1.0
)

// exposurePDF writes the report as PDF. Letters that the font lacks (it has Latin, Greek and Cyrillic ones) are boxes.
func exposurePDF(r adminv1.Exposure) ([]byte, error) {
	p := sheet{fpdf.New("L", "mm", "A4", "")}
	p.AddUTF8FontFromBytes("go", "", goregular.TTF)
	p.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	p.SetMargins(sheetMargin, sheetMargin, sheetMargin)
	p.SetAutoPageBreak(true, sheetMargin)
	p.SetTitle("What is open to whom: "+r.Zone, true)
	if at, err := time.Parse(time.RFC3339, r.At); err == nil {
		p.SetCreationDate(at)
		p.SetModificationDate(at)
	}
	p.SetFooterFunc(func() {
		p.SetY(-sheetMargin + 2)
		p.SetFont("go", "", 7)
		p.CellFormat(0, 4, strconv.Itoa(p.PageNo()), "", 0, "R", false, 0, "")
	})
	p.AddPage()
	p.heading(16, "What is open to whom")
	p.paragraph(fmt.Sprintf("Zone %s, %s, version %d of the doors. Visits are of the last %d days. As internal count %s.",
		r.Zone, r.At, r.Version, r.Days, orNone(r.Internal, "no networks")))
	for _, s := range r.Servers {
		p.server(s)
	}
	p.refusals(r.Refusals)
	var out bytes.Buffer
	err := p.Output(&out)
	return out.Bytes(), err
}

func orNone(list []string, none string) string {
	if len(list) == 0 {
		return none
	}
	return strings.Join(list, ", ")
}

func (p sheet) heading(size float64, text string) {
	p.Ln(3)
	p.SetFont("go", "B", size)
	p.MultiCell(0, size/2, text, "", "L", false)
}

func (p sheet) paragraph(text string) {
	p.SetFont("go", "", 9)
	p.MultiCell(0, lineHeight, text, "", "L", false)
	p.Ln(1)
}

func (p sheet) server(s adminv1.ExposureServer) {
	place := "inside"
	if s.Server.Placement == "dmz" {
		place = "in a DMZ"
	}
	p.heading(12, s.Server.Name+", "+place)
	p.paragraph(orNone(s.Server.Addresses, "no addresses of its own") + "; last seen " + s.Server.Seen)
	widths := []float64{48, 56, 13, 32, 68, 22, 34}
	p.row(widths, true, "Service", "Who calls it, and what proves it", "Port", "Open to, told to", "Rules", "Served", "Refused")
	for _, x := range s.Services {
		p.row(widths, false, x.Service.Name+"\n"+x.Service.Purpose, x.Service.Callers+"\n"+x.Service.Proof+"; "+x.Service.Level,
			strconv.Itoa(x.Service.Port), openTo(x)+toldTo(x), ruleLines(x), servedLines(x.Total), refusedLines(x.Total))
	}
}

func openTo(x adminv1.ExposureService) string {
	switch {
	case !x.Service.Built:
		return "not in this version"
	case !x.Service.On:
		return "nobody: off"
	}
	return x.Reach
}

// toldTo tells which computers are told of the server for a service, where they are told of any: hidden is not blocked.
func toldTo(x adminv1.ExposureService) string {
	words := map[string]string{
		"everywhere": "all computers", "internal": "computers inside", "external": "computers outside", "withheld": "nobody: hidden",
	}
	if x.Told == "" || !x.Service.Built {
		return ""
	}
	return "\ntold to " + words[x.Told]
}

func ruleLines(x adminv1.ExposureService) string {
	if !x.Service.Built {
		return ""
	}
	var b strings.Builder
	for i, r := range x.Rules {
		fmt.Fprintf(&b, "%d. %s %s", i+1, r.Verdict, r.From)
		if r.Until != "" {
			b.WriteString(" until " + r.Until)
		}
		if r.Note != "" {
			b.WriteString(" (" + r.Note + ")")
		}
		b.WriteByte('\n')
	}
	return b.String() + "otherwise " + x.Otherwise
}

func servedLines(t adminv1.DoorTotal) string {
	out := strconv.FormatInt(t.Served, 10)
	if t.Devices > 0 {
		out += fmt.Sprintf("\n%d devices", t.Devices)
	}
	return out
}

func refusedLines(t adminv1.DoorTotal) string {
	out := strconv.FormatInt(t.Refused, 10)
	for _, r := range t.Reasons {
		out += fmt.Sprintf("\n%d %s", r.Count, r.Label)
	}
	return out
}

func (p sheet) refusals(list []adminv1.DoorVisit) {
	p.heading(12, "The latest refusals")
	if len(list) == 0 {
		p.paragraph("None.")
		return
	}
	widths := []float64{50, 60, 70, 60, 33}
	p.row(widths, true, "Last", "Service", "From", "Why", "Requests")
	for _, v := range list {
		p.row(widths, false, v.Last, v.Service, v.Address, v.Refused, strconv.FormatInt(v.Requests, 10))
	}
}

// row writes one row of a table; it stands whole on one page.
func (p sheet) row(widths []float64, bold bool, cells ...string) {
	style := ""
	if bold {
		style = "B"
	}
	p.SetFont("go", style, 8)
	lines := 1
	for i, text := range cells {
		lines = max(lines, len(p.SplitText(text, widths[i]-2*cellPadding)))
	}
	height := float64(lines)*lineHeight + 2*cellPadding
	if _, page := p.GetPageSize(); p.GetY()+height > page-sheetMargin {
		p.AddPage()
	}
	x, y := p.GetXY()
	p.SetDrawColor(213, 217, 222)
	for i, text := range cells {
		p.SetXY(x, y+cellPadding)
		p.MultiCell(widths[i], lineHeight, text, "", "L", false)
		x += widths[i]
	}
	p.SetXY(sheetMargin, y+height)
	p.Line(sheetMargin, y+height, x, y+height)
}
