package server

// files returns how many connections are tried; Windows sets no limit of its own.
func files() int { return 1 << 16 }
