package server

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/logfile"
	"drover/internal/base/syslog"
	"drover/internal/core/audit"
)

// oldProof is when a verification of the audit log says little any more.
const oldProof = 35 * 24 * time.Hour

// sealLag is how long records wait for the sealer on a zone that is well.
const sealLag = 5 * time.Minute

func (s *Server) logFindings(ctx context.Context) ([]adminv1.SecurityFinding, error) {
	state, err := s.zone.Audit.State(ctx, layersCaller)
	if err != nil {
		return nil, err
	}
	found := []adminv1.SecurityFinding{s.fileFinding(), s.remoteFinding(), judgeChain(state, s.zone.Clock.Now())}
	for _, k := range s.sealer.Health() {
		f := judgeSink(k)
		if k.Name == "file" {
			f = judgeHeads(f, s.zone.Config.Heads())
		}
		found = append(found, f)
	}
	if s.zone.Config.AuditSyslog == "" {
		found = append(found, adminv1.SecurityFinding{
			Name: "Signed heads elsewhere", State: stateAttention, Words: "The signed heads stay on this machine: nobody else would see that it was rolled back.",
			Mend: "Name another machine: --audit-syslog tls://HOST:PORT.",
		})
	}
	return found, nil
}

// judgeChain judges the audit log by what was found when it was last walked.
func judgeChain(state audit.State, now time.Time) adminv1.SecurityFinding {
	f := adminv1.SecurityFinding{
		Name: "Audit log", State: stateGood, Page: "/audit",
		Facts: []adminv1.SecurityFact{number("records in the chain", state.Number), number("signed up to", state.Signed), number("waiting", state.Waiting)},
	}
	v := state.Verified
	if v != nil {
		f.Facts = append(f.Facts, moment("verified", v.At), number("records verified", v.Linked))
	}
	switch {
	case v != nil && v.Faults > 0:
		f.State, f.Words, f.Mend = stateBad, fmt.Sprintf("The last verification found %d faults.", v.Faults), "See what was changed: drover audit verify."
	case state.Waiting > 0 && now.Sub(state.Oldest) > sealLag:
		f.State, f.Words, f.Mend = stateBad, "Records have waited for the sealer for long: what happened since is in no chain.", "Look at the server's log for the sealer."
	case v == nil:
		f.State, f.Words, f.Mend = stateUnknown, "Its chain of hashes has never been verified.", "Verify it: drover audit verify."
	case now.Sub(v.At) > oldProof:
		f.State, f.Mend = stateAttention, "Verify it once a month: drover audit verify."
		f.Words = fmt.Sprintf("Its chain of hashes was last verified %d days ago.", int(now.Sub(v.At).Hours()/24))
	default:
		f.Words = fmt.Sprintf("Its chain of hashes was sound when it was verified, %d days ago.", int(now.Sub(v.At).Hours()/24))
	}
	return f
}

func judgeSink(k audit.SinkHealth) adminv1.SecurityFinding {
	f := adminv1.SecurityFinding{Name: "Signed heads to the " + k.Name, State: stateGood, Words: "The last head was taken."}
	switch {
	case !k.OK:
		f.State, f.Words, f.Mend = stateBad, "The last head was not taken: "+k.Error, "Mend the place; the heads follow by themselves."
	case k.Number == 0:
		f.State, f.Words = stateUnknown, "This server has sent no head since it started: another one seals, or nothing has happened."
	default:
		f.Facts = []adminv1.SecurityFact{number("head", k.Number), moment("taken", k.At)}
	}
	return f
}

// judgeHeads adds to the finding of the file of heads whether others may write into it.
func judgeHeads(f adminv1.SecurityFinding, file string) adminv1.SecurityFinding {
	open, err := othersMay(0o022, file)
	switch {
	case err != nil:
		f.State, f.Words, f.Mend = stateUnknown, "The file cannot be looked at.", "Let the server's user look at "+file+"."
	case len(open) > 0:
		f.State, f.Words, f.Mend = stateBad, "Others on this machine may change the file of signed heads.", "Run chmod 0600 on "+file+"."
	}
	f.Facts = append(f.Facts, fact("file", file))
	return f
}

func (s *Server) fileFinding() adminv1.SecurityFinding {
	if s.logs == nil {
		return adminv1.SecurityFinding{Name: "Server log", State: stateUnknown, Words: "This server's log is kept by whoever started it.", Page: "/logs"}
	}
	return judgeFile(s.logs.file.State())
}

func judgeFile(state logfile.State, err error) adminv1.SecurityFinding {
	f := adminv1.SecurityFinding{Name: "Server log", State: stateGood, Words: "Its owner alone may read it, and it is bounded.", Page: "/logs"}
	if err != nil {
		f.State, f.Words, f.Mend = stateUnknown, "The log's files cannot be looked at.", "Look at DIR/log on the server."
		return f
	}
	f.Facts = []adminv1.SecurityFact{
		fact("permissions", fmt.Sprintf("%#o, directory %#o", state.Mode, state.Dir)), number("files", state.Files),
		number("octets", state.Size), number("lines lost", state.Lost),
	}
	switch {
	case (state.Mode|state.Dir)&fs.FileMode(0o077) != 0:
		f.State, f.Words, f.Mend = stateBad, "Others may read the log.", "Run chmod 0600 on DIR/log/* and 0700 on DIR/log."
	case state.Fault != nil:
		f.State, f.Words, f.Mend = stateBad, "The last line could not be written.", "Make room on the disk."
	case state.Lost > 0:
		f.State, f.Words, f.Mend = stateAttention, "Lines have been lost since the server started.", "See that the disk has room and is fast enough."
	}
	return f
}

func (s *Server) remoteFinding() adminv1.SecurityFinding {
	if s.logs == nil || s.logs.remote == nil {
		return adminv1.SecurityFinding{Name: "Server log by syslog", State: stateOff, Words: "No syslog server is named."}
	}
	return judgeRemote(s.logs.remote.To(), s.logs.remote.Health())
}

// judgeRemote judges whether the lines arrive. How they are protected on their way is told with the links.
func judgeRemote(to syslog.Server, health syslog.Health) adminv1.SecurityFinding {
	f := adminv1.SecurityFinding{
		Name: "Server log by syslog", State: stateGood, Words: to.String() + " takes it.",
		Facts: []adminv1.SecurityFact{number("sent", health.Sent), number("lost", health.Lost)},
	}
	switch {
	case health.Fault != nil:
		f.State, f.Words, f.Mend = stateBad, to.String()+" does not take it.", "See that the syslog server runs, and is trusted."
	case health.Lost > 0:
		f.State, f.Words, f.Mend = stateAttention, fmt.Sprintf("%d lines were left out: %s is too slow.", health.Lost, to), "See why the syslog server is behind."
	case health.Sent == 0:
		f.State, f.Words = stateUnknown, "Nothing has been sent to "+to.String()+" since the server started."
	case !to.Connects():
		f.State, f.Words = stateUnknown, "Sent to "+to.String()+", which never says whether it came."
	}
	return f
}
