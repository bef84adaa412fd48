package foreign

import (
	"bufio"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"

	"drover/internal/base/problem"
)

const (
	// MaxBody bounds a message as it is sent. A whole inventory takes about 40 KB.
	MaxBody = 8 << 20
	// maxUnpacked bounds a message when it is unpacked, and maxRatio how much larger that may be: 13 is usual.
	maxUnpacked = 64 << 20
	maxRatio    = 200
)

var errTooLarge = problem.New(problem.TooLarge, "collection.size", "The inventory is larger than is taken.")

func malformed(detail error) error {
	return problem.New(problem.Malformed, "collection.form", "This is no inventory that can be read: XML of OCS or FusionInventory, or JSON of GLPI.").WithDetail(detail)
}

// packing is how a message is packed, as the media type of its answer.
type packing string

const (
	packedZlib packing = "application/x-compress-zlib"
	packedGzip packing = "application/x-compress-gzip"
)

// unpack returns the message as text. Agents name the packing in different ways, or not at all: its first octets tell it
// (RFC 1950, RFC 1952).
func unpack(r io.Reader) (io.Reader, packing, error) {
	packed := &counter{r: r, most: MaxBody}
	in := bufio.NewReader(packed)
	head, err := in.Peek(2)
	if err != nil {
		return nil, "", malformed(err)
	}
	var plain io.Reader = in
	var how packing
	switch {
	case head[0] == 0x1f && head[1] == 0x8b:
		how = packedGzip
		plain, err = gzip.NewReader(in)
	case head[0] == 0x78 && (int(head[0])<<8|int(head[1]))%31 == 0:
		how = packedZlib
		plain, err = zlib.NewReader(in)
	}
	if err != nil {
		return nil, "", malformed(err)
	}
	return &counter{r: plain, most: maxUnpacked, packed: packed}, how, nil
}

// counter reads no more than a bound, and of packed octets not too many times more.
type counter struct {
	r      io.Reader
	n      int64
	most   int64
	packed *counter
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.n > c.most || c.packed != nil && c.n > maxRatio*max(c.packed.n, 4096) {
		return n, errTooLarge
	}
	return n, err
}

// fault tells a bound from a form that cannot be read.
func fault(err error) error {
	if errors.Is(err, errTooLarge) {
		return errTooLarge
	}
	return malformed(err)
}
