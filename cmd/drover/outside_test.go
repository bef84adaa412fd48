package main

import (
	"context"
	"io"
	"net"
	"os"
	"sync"

	"github.com/emersion/go-smtp"
	"github.com/rogpeppe/go-internal/testscript"

	"drover/internal/base/sqldb"
	"drover/internal/core/schema"
)

// mailbox starts an SMTP server that appends every mail to a file: mailbox FILE. Its URL goes into $DROVER_SMTP.
func mailbox(ts *testscript.TestScript, _ bool, args []string) {
	server := smtp.NewServer(&box{file: ts.MkAbs(args[0])})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	done := make(chan struct{})
	go func() { _ = server.Serve(l); close(done) }()
	ts.Defer(func() { _ = server.Close(); <-done })
	ts.Setenv("DROVER_SMTP", "smtp://"+l.Addr().String())
}

// box keeps what is mailed.
type box struct {
	mu   sync.Mutex
	file string
}

func (b *box) NewSession(*smtp.Conn) (smtp.Session, error) { return &delivery{box: b}, nil }

type delivery struct {
	box *box
	to  string
}

func (*delivery) Reset()                               {}
func (*delivery) Logout() error                        { return nil }
func (*delivery) Mail(string, *smtp.MailOptions) error { return nil }

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.to = to
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	d.box.mu.Lock()
	defer d.box.mu.Unlock()
	f, err := os.OpenFile(d.box.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString("envelope to " + d.to + "\n" + string(text))
	return err
}

// tamper does to a database what Drover never does: tamper FILE STATEMENT.
func tamper(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	db, err := sqldb.Open(ctx, sqldb.Options{URL: "sqlite:" + ts.MkAbs(args[0])})
	ts.Check(err)
	ts.Check(db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, args[1])
		return err
	}))
	ts.Check(db.Close())
}

// letIn gives the roles of the script's PostgreSQL database a password, where pg_hba.conf asks for one. Others may be
// doing the same to the same roles.
func letIn(ts *testscript.TestScript, _ bool, _ []string) {
	ctx := context.Background()
	db, err := sqldb.Open(ctx, sqldb.Options{URL: ts.Getenv("DB")})
	ts.Check(err)
	for _, role := range []string{schema.MigrateRole, schema.ServeRole} {
		until(ts, "a password for "+role, func() bool {
			return db.Write(ctx, func(tx *sqldb.Tx) error {
				_, err := tx.Exec(ctx, "ALTER ROLE "+role+" PASSWORD '"+rolePassword+"'")
				return err
			}) == nil
		})
	}
	ts.Check(db.Close())
}
