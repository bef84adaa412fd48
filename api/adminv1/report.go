package adminv1

// Report is a question about devices that an administrator has saved.
type Report struct {
	ID      string `json:"id"`
	Owner   Ref    `json:"owner"`
	Own     bool   `json:"own" doc:"It is the caller's own."`
	Created string `json:"created"`
	Changed string `json:"changed"`
	Due     string `json:"due" doc:"When it is sent next; empty for never."`
	Sent    string `json:"sent" doc:"When it was sent last; empty for never."`
	Fault   string `json:"fault" doc:"Why it was not sent when it was due; empty where it was."`
	ReportDraft
}

// ReportDraft is a report before it is saved.
type ReportDraft struct {
	Name    string   `json:"name" minLength:"1" maxLength:"100"`
	Shared  bool     `json:"shared" doc:"Other administrators may read it, with what they may see of the devices."`
	Tests   []string `json:"tests" maxItems:"8" doc:"As searchInventory takes them; none is all devices."`
	Words   string   `json:"words" maxLength:"200" doc:"Where there are no tests: words, each somewhere in names, owner, model, system or serial."`
	Columns []string `json:"columns" minItems:"1" maxItems:"20" doc:"In their order; listReportColumns tells which there are."`
	Every   string   `json:"every" enum:",day,week,month" doc:"How often it is sent; empty for never. On Monday, and on the first day of the month."`
	Hour    int      `json:"hour" minimum:"0" maximum:"23" doc:"At which it is sent, in UTC."`
	Format  string   `json:"format" enum:"csv,json"`
	To      []string `json:"to" maxItems:"20" doc:"The ids of the administrators it is sent to. They see what its owner may see."`
}

// ReportColumn is one that a report may have.
type ReportColumn struct {
	Key   string `json:"key"`
	Title string `json:"title"`
}

// ReportPreview is the beginning of an answer.
type ReportPreview struct {
	Heads []string   `json:"heads"`
	Rows  [][]string `json:"rows" doc:"At most 50."`
}
