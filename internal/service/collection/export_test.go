package collection

// What the fuzz targets call.
var (
	LogPieces  = logPieces
	Unpack     = unpack
	Parts      = parts
	SortEvents = sortEvents
	UnpackTold = unpackTold
	PackTold   = packTold
)
