package sqldb

import (
	"container/list"
	"context"
	"database/sql/driver"
	"errors"
)

// SQLite takes as long to understand a statement as to run it. Each connection keeps those that it has been asked lately;
// PostgreSQL's driver does the same on its own.

const (
	// keptStatements is how many a connection keeps, about 10 KB each.
	keptStatements = 64
	// longestKept bounds the text of one in bytes: what is longer was put together for its values and does not come again.
	longestKept = 4 << 10
)

// sqliteConnector opens connections that keep their statements.
type sqliteConnector struct{ driver.Connector }

// Connect opens a connection.
func (c sqliteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &sqliteConn{engineConn: inner.(engineConn), kept: map[string]*list.Element{}, order: list.New()}, nil
}

// engineConn is what the connections of modernc.org/sqlite can do.
type engineConn interface {
	driver.Conn
	driver.Pinger
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.SessionResetter
	driver.Validator
}

// engineStmt is what its statements can do.
type engineStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// sqliteConn is one connection. Like every connection of database/sql it is used by one goroutine at a time.
type sqliteConn struct {
	engineConn
	kept  map[string]*list.Element // of *statement, those not in use
	order *list.List               // the last used one first
}

type statement struct {
	text string
	engineStmt
}

// take returns the statement for a text, which nobody else uses until [sqliteConn.give].
func (c *sqliteConn) take(ctx context.Context, text string) (*statement, error) {
	if e := c.kept[text]; e != nil {
		c.drop(e)
		return e.Value.(*statement), nil
	}
	s, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return &statement{text, s.(engineStmt)}, nil
}

func (c *sqliteConn) drop(e *list.Element) {
	delete(c.kept, c.order.Remove(e).(*statement).text)
}

// give takes a statement back.
func (c *sqliteConn) give(s *statement) error {
	if len(s.text) > longestKept || c.kept[s.text] != nil { // the same twice at once, one within the rows of the other
		return s.Close()
	}
	c.kept[s.text] = c.order.PushFront(s)
	if len(c.kept) <= keptStatements {
		return nil
	}
	oldest := c.order.Back()
	c.drop(oldest)
	return oldest.Value.(*statement).Close()
}

// ExecContext runs a statement.
func (c *sqliteConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	r, err := s.ExecContext(ctx, args)
	if err != nil {
		_ = s.Close() // the first error says more
		return nil, err
	}
	return r, c.give(s)
}

// QueryContext runs a statement that returns rows.
func (c *sqliteConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	r, err := s.QueryContext(ctx, args)
	if err != nil {
		_ = s.Close() // as above
		return nil, err
	}
	return &sqliteRows{Rows: r, conn: c, statement: s}, nil
}

// Close closes the connection with its statements.
func (c *sqliteConn) Close() error {
	var faults []error
	for e := c.order.Front(); e != nil; e = e.Next() {
		faults = append(faults, e.Value.(*statement).Close())
	}
	c.kept, c.order = nil, list.New()
	return errors.Join(append(faults, c.engineConn.Close())...)
}

// sqliteRows gives its statement back when it is closed.
type sqliteRows struct {
	driver.Rows
	conn      *sqliteConn
	statement *statement
}

// Close ends the reading.
func (r *sqliteRows) Close() error {
	if r.statement == nil {
		return nil
	}
	s := r.statement
	r.statement = nil
	if err := r.Rows.Close(); err != nil {
		return errors.Join(err, s.Close())
	}
	return r.conn.give(s)
}
